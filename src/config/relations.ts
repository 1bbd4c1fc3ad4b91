/** What must hold between settings. Each relation is checked only when the settings it names are right by themselves. */
import type { Config } from './settings.ts';

interface Relation {
  readonly of: readonly (keyof Config)[];
  /** The problem, or null when all is well. `given` tells which settings the environment has. */
  readonly problem: (config: Config, given: ReadonlySet<keyof Config>) => string | null;
}

export const RELATIONS: readonly Relation[] = [
  {
    of: ['sessionSecret', 'nodeEnv'],
    problem: (c) =>
      c.sessionSecret === null && c.nodeEnv !== 'development'
        ? `SESSION_SECRET is not set: expected at least 32 characters when NODE_ENV is ${c.nodeEnv} (the same on all nodes; \`openssl rand -hex 32\` makes one)`
        : null,
  },
  {
    of: ['authMode', 'jwtSecret', 'jwtPublicKey'],
    problem: (c) => {
      const keys = [c.jwtSecret, c.jwtPublicKey].filter((key) => key !== null).length;
      if (c.authMode !== 'jwt' || keys === 1) return null;
      return `AUTH_MODE is "jwt" with ${keys === 0 ? 'neither' : 'both'} of JWT_SECRET (HS256) and JWT_PUBLIC_KEY (EdDSA) set: expected exactly one`;
    },
  },
  {
    // Who sets a key expects tokens to be checked; a node open to everyone would be a bad surprise.
    of: ['authMode', 'jwtSecret', 'jwtPublicKey'],
    problem: (c, given) => {
      if (given.has('authMode') || (c.jwtSecret === null && c.jwtPublicKey === null)) return null;
      const key = c.jwtSecret === null ? 'JWT_PUBLIC_KEY' : 'JWT_SECRET';
      return `AUTH_MODE is not set, but ${key} is: expected AUTH_MODE=jwt to check tokens, or AUTH_MODE=none to let everyone in`;
    },
  },
  {
    of: ['receiveBytesMax', 'frameBytesMax'],
    problem: (c) =>
      atLeast(
        'RECEIVE_BYTES_MAX',
        c.receiveBytesMax,
        c.frameBytesMax,
        'FRAME_BYTES_MAX',
        'an allowed frame must be read',
      ),
  },
  {
    of: ['bytesPerSec', 'frameBytesMax'],
    problem: (c) =>
      atLeast(
        'BYTES_PER_SEC',
        c.bytesPerSec,
        Math.ceil(c.frameBytesMax / 2),
        'half of FRAME_BYTES_MAX',
        'the burst is twice the rate, and a frame over the burst could never pass',
      ),
  },
  {
    of: ['backpressureBytesMax', 'stateBytesMax'],
    problem: (c) =>
      atLeast(
        'BACKPRESSURE_BYTES_MAX',
        c.backpressureBytesMax,
        c.stateBytesMax + STATE_ENVELOPE_BYTES,
        `STATE_BYTES_MAX + ${STATE_ENVELOPE_BYTES}`,
        'the whole state of a room and its roster travel in one frame',
      ),
  },
  {
    of: ['snapshotLatestMs', 'snapshotDebounceMs'],
    problem: (c) =>
      atLeast(
        'SNAPSHOT_LATEST_MS',
        c.snapshotLatestMs,
        c.snapshotDebounceMs,
        'SNAPSHOT_DEBOUNCE_MS',
        'it bounds the debounce',
      ),
  },
  {
    of: ['nodeTtlMs', 'nodeHeartbeatMs'],
    problem: (c) =>
      atLeast(
        'NODE_TTL_MS',
        c.nodeTtlMs,
        2 * c.nodeHeartbeatMs,
        'twice NODE_HEARTBEAT_MS',
        'one late beat must not kill a node',
      ),
  },
  {
    of: ['nodeTtlMs', 'peerHeartbeatMs'],
    problem: (c) =>
      atLeast(
        'NODE_TTL_MS',
        c.nodeTtlMs,
        3 * c.peerHeartbeatMs,
        'three times PEER_HEARTBEAT_MS',
        'a node finds its subscription dead after 3 beats, and must do so before others take its rooms over',
      ),
  },
  ...(['roomTtlWaitingMs', 'roomTtlActiveMs', 'sessionTtlMs'] as const).map(
    (key): Relation => ({
      of: [key, 'graceMs'],
      problem: (c) =>
        atLeast(
          TTL_ENV[key],
          c[key],
          c.graceMs,
          'GRACE_MS',
          'a member in its grace time must find everything when it returns',
        ),
    }),
  ),
];

/** Room for the roster and the header beside the state in one frame. */
const STATE_ENVELOPE_BYTES = 65_536;

const TTL_ENV = {
  roomTtlWaitingMs: 'ROOM_TTL_WAITING_MS',
  roomTtlActiveMs: 'ROOM_TTL_ACTIVE_MS',
  sessionTtlMs: 'SESSION_TTL_MS',
} as const;

function atLeast(name: string, value: number, min: number, bound: string, why: string): string | null {
  return value >= min ? null : `${name} is ${value}: expected at least ${bound} (${min}), as ${why}`;
}
