/** Settings of a node as a process: where it listens, whom it lets in, which Redis and peers it has. */
import { durationMs, ed25519PublicKey, integer, oneOf, origins, redisUrl, secret, text } from './kinds.ts';
import { setting, settingBy } from './setting.ts';

const HOUR_MS = 60 * 60_000;

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
    'The Redis of the cluster. Without it the node stands alone and keeps everything in memory.',
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
    'A connection attempt that takes longer has failed.',
  ),
  redisCommandTimeoutMs: setting(
    'REDIS_COMMAND_TIMEOUT_MS',
    durationMs(100),
    5_000,
    'A command without an answer after this has failed.',
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
};
