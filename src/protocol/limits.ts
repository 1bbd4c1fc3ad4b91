/** The limits of PROTOCOL section 6, sent in WELCOME. A node may be configured otherwise; these are the defaults. */
export interface Limits {
  /** Bytes of one client frame. */
  readonly frameBytesMax: number;
  /** Rooms per connection. */
  readonly roomsMax: number;
  /** Commands per second and connection; a burst of twice that is served. */
  readonly commandsPerSec: number;
  /** Bytes per second and connection; a burst of twice that is served. */
  readonly bytesPerSec: number;
  /** Bytes of keys and values in one room's state. */
  readonly stateBytesMax: number;
  /** Silence after which the server pings. */
  readonly keepAliveMs: number;
}

/** Those that WELCOME tells, in its order. */
export const WELCOME_LIMITS = [
  'frameBytesMax',
  'roomsMax',
  'commandsPerSec',
  'bytesPerSec',
  'stateBytesMax',
  'keepAliveMs',
] as const;

export const DEFAULT_LIMITS: Limits = {
  frameBytesMax: 65_536,
  roomsMax: 16,
  commandsPerSec: 120,
  bytesPerSec: 262_144,
  stateBytesMax: 1_048_576,
  keepAliveMs: 30_000,
};

export const PROTOCOL_VERSION = 1;
export const SUBPROTOCOL = 'roomcast.v1';

/** P1: a connection without HELLO for that long is closed. */
export const HELLO_DEADLINE_MS = 5_000;
/** P20: a reader that does not drain within that time is closed. */
export const SLOW_READER_MS = 10_000;
/** P19: a client that stays over its rate for that long is closed. */
export const RATE_LIMIT_GRACE_MS = 10_000;

export const KEY_BYTES_MAX = 128;
export const META_BYTES_MAX = 1_024;
export const ROOM_NAME_BYTES_MAX = 128;

const ROOM_NAME = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;

export function isRoomName(name: string): boolean {
  return ROOM_NAME.test(name);
}

/** What stands before the first `:`, or the whole name. */
export function roomType(name: string): string {
  const colon = name.indexOf(':');
  return colon === -1 ? name : name.slice(0, colon);
}
