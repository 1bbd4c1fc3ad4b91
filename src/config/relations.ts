/** What must hold between settings. Each relation is checked only when the settings it names are right by themselves. */
import { DEFAULT_SENTINEL_NAME } from './node-settings.ts';
import { type Config, SETTINGS } from './settings.ts';

interface Relation {
  readonly of: readonly (keyof Config)[];
  /** The rule, for docs/CONFIG.md. */
  readonly doc: string;
  /** The problem, or null when all is well. `given` holds the settings that the environment has. */
  readonly problem: (config: Config, given: ReadonlySet<keyof Config>) => string | null;
}

type NumberKey = { [K in keyof Config]: Config[K] extends number ? K : never }[keyof Config];

/** Room for the roster and the header beside the state in one frame. */
const STATE_ENVELOPE_BYTES = 65_536;

const SENTINEL_ONLY = [
  'redisNodes',
  'redisSentinelName',
  'redisUsername',
  'redisPassword',
  'redisSentinelPassword',
] as const satisfies readonly (keyof Config)[];

export const RELATIONS: readonly Relation[] = [
  {
    of: ['sessionSecret', 'nodeEnv'],
    doc: 'SESSION_SECRET is set unless NODE_ENV is development.',
    problem: (c) =>
      c.sessionSecret === null && c.nodeEnv !== 'development'
        ? `SESSION_SECRET is not set: expected at least 32 characters when NODE_ENV is ${c.nodeEnv} (the same on all nodes; \`openssl rand -hex 32\` makes one)`
        : null,
  },
  {
    of: ['authMode', 'jwtSecret', 'jwtPublicKey'],
    doc: 'AUTH_MODE=jwt goes with exactly one of JWT_SECRET and JWT_PUBLIC_KEY.',
    problem: (c) => {
      const keys = [c.jwtSecret, c.jwtPublicKey].filter((key) => key !== null).length;
      if (c.authMode !== 'jwt' || keys === 1) return null;
      return `AUTH_MODE is "jwt" with ${keys === 0 ? 'neither' : 'both'} of JWT_SECRET (HS256) and JWT_PUBLIC_KEY (EdDSA) set: expected exactly one`;
    },
  },
  {
    // Who sets a key expects tokens to be checked; a node open to everyone would be a bad surprise.
    of: ['authMode', 'jwtSecret', 'jwtPublicKey'],
    doc: 'With JWT_SECRET or JWT_PUBLIC_KEY set, AUTH_MODE is set too, so that no node is open by oversight.',
    problem: (c, given) => {
      if (given.has('authMode') || (c.jwtSecret === null && c.jwtPublicKey === null)) return null;
      const key = c.jwtSecret === null ? 'JWT_PUBLIC_KEY' : 'JWT_SECRET';
      return `AUTH_MODE is not set, but ${key} is: expected AUTH_MODE=jwt to check tokens, or AUTH_MODE=none to let everyone in`;
    },
  },
  {
    of: ['redisMode', 'redisNodes'],
    doc: 'REDIS_MODE=sentinel goes with REDIS_NODES.',
    problem: (c, given) =>
      c.redisMode === 'sentinel' && !given.has('redisNodes')
        ? 'REDIS_NODES is not set: expected the host:port of each sentinel, as REDIS_MODE is "sentinel"'
        : null,
  },
  {
    of: ['redisMode', 'redisUrl'],
    doc: 'REDIS_MODE=sentinel goes without REDIS_URL, since the sentinels say where the master is.',
    problem: (c, given) =>
      c.redisMode === 'sentinel' && given.has('redisUrl')
        ? 'REDIS_URL is set, but REDIS_MODE is "sentinel": expected REDIS_NODES, REDIS_USERNAME and REDIS_PASSWORD in its place'
        : null,
  },
  // A setting that is not used would let someone believe that it is.
  ...SENTINEL_ONLY.map(
    (key): Relation => ({
      of: ['redisMode', key],
      doc: `${SETTINGS[key].env} goes with REDIS_MODE=sentinel only.`,
      problem: (c, given) =>
        c.redisMode !== 'sentinel' && given.has(key) && c[key] !== DEFAULT_SENTINEL_NAME
          ? `${SETTINGS[key].env} is set, but REDIS_MODE is "${c.redisMode}": expected REDIS_MODE=sentinel, or all of it in REDIS_URL`
          : null,
    }),
  ),
  {
    of: ['redisUsername', 'redisPassword'],
    doc: 'REDIS_USERNAME goes with REDIS_PASSWORD.',
    problem: (_, given) =>
      given.has('redisUsername') && !given.has('redisPassword')
        ? 'REDIS_PASSWORD is not set: expected that of REDIS_USERNAME'
        : null,
  },
  atLeast(
    'receiveBytesMax',
    'frameBytesMax',
    'FRAME_BYTES_MAX',
    (c) => c.frameBytesMax,
    'a frame within the limit must be read',
  ),
  atLeast(
    'bytesPerSec',
    'frameBytesMax',
    'half of FRAME_BYTES_MAX',
    (c) => Math.ceil(c.frameBytesMax / 2),
    'the burst is twice the rate, and a frame over the burst could never pass',
  ),
  atLeast(
    'backpressureBytesMax',
    'stateBytesMax',
    `STATE_BYTES_MAX + ${STATE_ENVELOPE_BYTES}`,
    (c) => c.stateBytesMax + STATE_ENVELOPE_BYTES,
    'the whole state of a room and its roster travel in one frame',
  ),
  atLeast(
    'snapshotLatestMs',
    'snapshotDebounceMs',
    'SNAPSHOT_DEBOUNCE_MS',
    (c) => c.snapshotDebounceMs,
    'it bounds the debounce',
  ),
  atLeast(
    'nodeTtlMs',
    'nodeHeartbeatMs',
    'twice NODE_HEARTBEAT_MS',
    (c) => 2 * c.nodeHeartbeatMs,
    'one late beat must not kill a node',
  ),
  atLeast(
    'nodeTtlMs',
    'peerHeartbeatMs',
    'three times PEER_HEARTBEAT_MS',
    (c) => 3 * c.peerHeartbeatMs,
    'a node finds its subscription dead after 3 beats, and must do so before others take its rooms over',
  ),
  ...(['roomTtlWaitingMs', 'roomTtlActiveMs', 'sessionTtlMs'] as const).map((key) =>
    atLeast(
      key,
      'graceMs',
      'GRACE_MS',
      (c) => c.graceMs,
      'a member within its grace time must find everything when it returns',
    ),
  ),
];

function atLeast(
  key: NumberKey,
  other: NumberKey,
  bound: string,
  min: (config: Config) => number,
  why: string,
): Relation {
  const name = SETTINGS[key].env;
  return {
    of: [key, other],
    doc: `${name} is at least ${bound}: ${why}.`,
    problem: (c) =>
      c[key] >= min(c) ? null : `${name} is ${c[key]}: expected at least ${bound} (${min(c)}), as ${why}`,
  };
}
