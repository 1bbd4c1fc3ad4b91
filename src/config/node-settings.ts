/** Settings of a node as a process: where it listens, whom it lets in, which Redis and peers it has. */
import {
  durationMs,
  ed25519PublicKey,
  integer,
  oneOf,
  origins,
  password,
  redisUrl,
  secret,
  servers,
  text,
} from './kinds.ts';
import { setting, settingBy } from './setting.ts';

const HOUR_MS = 60 * 60_000;
/** As in every example of a sentinel.conf. */
export const DEFAULT_SENTINEL_NAME = 'mymaster';

/** Dots and other characters of host names are not part of a node id. */
const nodeIdFrom = (hostname: string, pid: number): string => {
  const tail = `-${pid}`;
  const head = hostname.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 64 - tail.length);
  return `${head === '' ? 'node' : head}${tail}`;
};

export const node = {
  nodeEnv: setting(
    'NODE_ENV',
    oneOf('development', 'test', 'production'),
    'development',
    'Development opens what is handy on a desk (ROOMS_OPEN, a random SESSION_SECRET) and listens to this machine only.',
  ),
  nodeId: settingBy(
    'NODE_ID',
    text(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 of A–Z, a–z, 0–9, _ and -'),
    'host name and process id',
    (at) => nodeIdFrom(at.hostname, at.pid),
    'Name of this node, unique in its cluster. Set it where containers share a host name, as their process ids do not differ.',
  ),
  host: settingBy(
    'HOST',
    text(/^[A-Za-z0-9_.:-]{1,253}$/, 'an address or host name to listen on'),
    '127.0.0.1 in development, else 0.0.0.0',
    (at) => (at.nodeEnv === 'development' ? '127.0.0.1' : '0.0.0.0'),
    'Address to listen on. In development rooms are open to everyone, so that only this machine can reach them unless this says otherwise; elsewhere a proxy on another machine or container must get through.',
  ),
  port: setting(
    'PORT',
    integer(0, 65_535),
    3000,
    'Port for WebSocket and HTTP. 0 takes a free one (the log says which).',
  ),
  logLevel: setting(
    'LOG_LEVEL',
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
    'info',
    'Lowest level that is written.',
  ),
  adminToken: setting(
    'ADMIN_TOKEN',
    secret(16),
    null,
    'Bearer token for the admin paths of the HTTP API. Without it they answer loopback only.',
  ),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    origins,
    [] as readonly string[],
    'Origins whose pages may connect. Empty: all. Clients that are no browsers send no Origin and are let through.',
  ),
};

export const redis = {
  redisUrl: setting(
    'REDIS_URL',
    redisUrl,
    null,
    'The Redis of the cluster. Without it (and without REDIS_MODE=sentinel) the node stands alone and keeps everything in memory.',
  ),
  redisMode: setting(
    'REDIS_MODE',
    oneOf('single', 'sentinel'),
    'single',
    '`single`: the Redis of REDIS_URL. `sentinel`: the master that the sentinels of REDIS_NODES name, through each failover.',
  ),
  redisNodes: setting(
    'REDIS_NODES',
    servers,
    [] as readonly { readonly host: string; readonly port: number }[],
    'The sentinels. All are asked at once, so name all of them. Connections to them, and to the master that they name, are without TLS.',
  ),
  redisSentinelName: setting(
    'REDIS_SENTINEL_NAME',
    text(/^[A-Za-z0-9_.-]{1,128}$/, '1 to 128 of A–Z, a–z, 0–9 and _ . -'),
    DEFAULT_SENTINEL_NAME,
    'By which name the sentinels know the master.',
  ),
  redisUsername: setting(
    'REDIS_USERNAME',
    text(/^\S{1,128}$/, 'up to 128 characters without blanks'),
    null,
    'ACL user at the master (REDIS_MODE=sentinel; else it is part of REDIS_URL).',
  ),
  redisPassword: setting(
    'REDIS_PASSWORD',
    password,
    null,
    'Password at the master and its replicas (REDIS_MODE=sentinel; else it is part of REDIS_URL).',
  ),
  redisSentinelPassword: setting(
    'REDIS_SENTINEL_PASSWORD',
    password,
    null,
    'Password at the sentinels themselves, where they ask for one.',
  ),
  redisKeyPrefix: setting(
    'REDIS_KEY_PREFIX',
    text(/^[A-Za-z0-9_.:-]{1,32}$/, '1 to 32 of A–Z, a–z, 0–9 and _ . : -'),
    'rc:',
    'Start of all keys and channels, so that several clusters can share one Redis. No braces: they choose the slot in Redis Cluster.',
  ),
  redisConnectTimeoutMs: setting(
    'REDIS_CONNECT_TIMEOUT_MS',
    durationMs(100),
    10_000,
    'An attempt that has not made a connection ready for use after this has failed.',
  ),
  redisCommandTimeoutMs: setting(
    'REDIS_COMMAND_TIMEOUT_MS',
    durationMs(100),
    5_000,
    'A call without an answer after this has failed, and its connection is given up.',
  ),
};

export const sessions = {
  sessionSecret: setting(
    'SESSION_SECRET',
    secret(32),
    null,
    'Signs resume tokens; the same on all nodes. Needed outside development, where a random one is made at each start.',
  ),
  sessionTtlMs: setting(
    'SESSION_TTL_MS',
    durationMs(1_000),
    24 * HOUR_MS,
    'How long a session can be resumed after its last use.',
  ),
  authMode: setting(
    'AUTH_MODE',
    oneOf('none', 'jwt'),
    'none',
    'Whether HELLO needs a token. `none`: everyone may connect, and gets a random user name.',
  ),
  jwtSecret: setting('JWT_SECRET', secret(32), null, 'Key of tokens signed with HS256. Either this or JWT_PUBLIC_KEY.'),
  jwtPublicKey: setting(
    'JWT_PUBLIC_KEY',
    ed25519PublicKey,
    null,
    'Key of tokens signed with EdDSA (Ed25519), in PEM. Either this or JWT_SECRET.',
  ),
  jwtIssuer: setting('JWT_ISSUER', text(/^.{1,512}$/, 'up to 512 characters'), null, 'Tokens must carry this `iss`.'),
  jwtAudience: setting(
    'JWT_AUDIENCE',
    text(/^.{1,512}$/, 'up to 512 characters'),
    null,
    'Tokens must carry this `aud`.',
  ),
};

export const cluster = {
  nodeHeartbeatMs: setting('NODE_HEARTBEAT_MS', durationMs(50), 1_000, 'How often a node renews its key in Redis.'),
  nodeTtlMs: setting(
    'NODE_TTL_MS',
    durationMs(100),
    3_000,
    'A node whose key was not renewed for this long is dead, and others take its rooms over.',
  ),
  peerHeartbeatMs: setting(
    'PEER_HEARTBEAT_MS',
    durationMs(10),
    250,
    'How often a node sends a beat to every other node and to itself; bounds how long a lost packet stays unseen.',
  ),
  drainTimeoutMs: setting(
    'DRAIN_TIMEOUT_MS',
    durationMs(0),
    30_000,
    'How long a node that is told to stop (SIGTERM) waits for its clients to move to others. Whoever starts it must give it 10 s more than that before SIGKILL.',
  ),
};
