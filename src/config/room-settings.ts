/** Settings of rooms and of the connections in them. */

import { DEFAULT_LIMITS } from '../protocol/limits.ts';
import type { Durability } from '../room/definition.ts';
import { boolean, bytes, durationMs, integer, relayTypes, text } from './kinds.ts';
import { setting, settingBy } from './setting.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * 60_000;

export const rooms = {
  roomsDir: setting(
    'ROOMS_DIR',
    text(/^[^\0]{1,4096}$/, 'a path of a folder'),
    null,
    'Folder whose modules export room definitions (`defineRoom`); relative paths count from the working directory.',
  ),
  roomsOpen: settingBy(
    'ROOMS_OPEN',
    boolean,
    'true in development, else false',
    (at) => at.nodeEnv === 'development',
    'Whether a type without definition is a relay room of durability `snapshot`. False: such rooms are refused (`bad-room`).',
  ),
  roomsRelay: setting(
    'ROOMS_RELAY',
    relayTypes,
    new Map<string, Durability>(),
    'Relay types without code and their durability, such as `demo=snapshot,ledger=log,scratch=none`.',
  ),
  roomIdleMs: setting(
    'ROOM_IDLE_MS',
    durationMs(0),
    10_000,
    'A room without members is released from memory after this; its snapshot stays for its time to live.',
  ),
  roomTtlWaitingMs: setting(
    'ROOM_TTL_WAITING_MS',
    durationMs(1_000),
    30 * MINUTE_MS,
    'How long the store keeps a room without members.',
  ),
  roomTtlActiveMs: setting(
    'ROOM_TTL_ACTIVE_MS',
    durationMs(1_000),
    HOUR_MS,
    'How long the store keeps a room with members after its last write; while a node owns it, that is renewed in time.',
  ),
  graceMs: setting(
    'GRACE_MS',
    durationMs(0),
    30_000,
    'How long a member whose connection was lost stays in its rooms, unless the room type says otherwise (P10).',
  ),
  historyBytesMax: setting(
    'HISTORY_BYTES_MAX',
    bytes(0, 64 * MIB),
    128 * KIB,
    'Recent frames kept in memory per room for members who come back (P7). Who misses more gets the whole state anew (P6).',
  ),
  flushIntervalMaxMs: setting(
    'FLUSH_INTERVAL_MAX_MS',
    integer(0, 1_000),
    10,
    'How far apart a busy node keeps the frames of a room at most. While its event loop is less than 60 % busy they go out at once; above, waiting a little costs less CPU per event. 0 always sends at once.',
  ),
  snapshotDebounceMs: setting(
    'SNAPSHOT_DEBOUNCE_MS',
    durationMs(0),
    200,
    'A changed room is written this long after its last change, at most SNAPSHOT_LATEST_MS after its first unwritten one.',
  ),
  snapshotLatestMs: setting(
    'SNAPSHOT_LATEST_MS',
    durationMs(0),
    1_000,
    'A room under constant change is written at least this often; a crash of its owner takes back no more.',
  ),
};

export const limits = {
  frameBytesMax: setting(
    'FRAME_BYTES_MAX',
    bytes(256, 16 * MIB),
    DEFAULT_LIMITS.frameBytesMax,
    'Largest client frame. Told in WELCOME.',
  ),
  receiveBytesMax: setting(
    'RECEIVE_BYTES_MAX',
    bytes(256, 64 * MIB),
    16 * MIB,
    'Frames over FRAME_BYTES_MAX up to this are read and refused with close code 4500; larger ones cut the connection.',
  ),
  roomsMax: setting('ROOMS_MAX', integer(1, 1_024), DEFAULT_LIMITS.roomsMax, 'Rooms per connection. Told in WELCOME.'),
  commandsPerSec: setting(
    'COMMANDS_PER_SEC',
    integer(1, 1_000_000),
    DEFAULT_LIMITS.commandsPerSec,
    'Commands per connection, in bursts of twice that. Told in WELCOME.',
  ),
  bytesPerSec: setting(
    'BYTES_PER_SEC',
    bytes(256, 1_024 * MIB),
    DEFAULT_LIMITS.bytesPerSec,
    'Bytes from one connection per second, in bursts of twice that. Told in WELCOME.',
  ),
  stateBytesMax: setting(
    'STATE_BYTES_MAX',
    bytes(KIB, 64 * MIB),
    DEFAULT_LIMITS.stateBytesMax,
    'Keys and values of one room together. Told in WELCOME.',
  ),
  // uWebSockets.js takes idle timeouts of 8 to 960 s in steps of 4 and pings up to 16 s before they end.
  keepAliveMs: setting(
    'KEEP_ALIVE_MS',
    durationMs(8_000, 944_000),
    DEFAULT_LIMITS.keepAliveMs,
    'Silence after which the node pings a client; one that does not answer is cut. The server ticks in steps of 4 s, so a ping comes up to 4 s off. Told in WELCOME.',
  ),
  backpressureBytesMax: setting(
    'BACKPRESSURE_BYTES_MAX',
    bytes(64 * KIB, 256 * MIB),
    2 * MIB,
    'Bytes that may wait for one slow reader; with more it is left out and told by POSITION (P13, P20). Twice of it is the most that a reader can cost.',
  ),
  connectionsMax: setting(
    'CONNECTIONS_MAX',
    integer(1, 1_000_000),
    18_000,
    'Connections per node; more are refused at the upgrade (503). Behind a proxy each takes one of some 28,000 ports per address.',
  ),
  joinsPerSec: setting(
    'JOINS_PER_SEC',
    integer(1, 1_000_000),
    2_000,
    'Joins that the node admits per second, and at once after a quiet second; more are answered `unavailable`, with a time to wait, and come again. Flattens the rush when another node dies.',
  ),
};
