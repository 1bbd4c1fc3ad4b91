import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ConfigFault } from '../../../src/config/config-fault.ts';
import { type Environment, loadConfig } from '../../../src/config/load-config.ts';
import { type Config, SETTINGS } from '../../../src/config/settings.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';

const machine = { hostname: 'web-1.example', pid: 42 };
const load = (env: Environment): Config => loadConfig(env, machine);

function problemsOf(env: Environment): readonly string[] {
  try {
    load(env);
  } catch (fault) {
    if (fault instanceof ConfigFault) return fault.problems;
    throw fault;
  }
  return [];
}

const SECRET = 'a secret of at least 32 characters!';
const SENTINEL = { REDIS_MODE: 'sentinel', REDIS_NODES: 'a:26379' };
const publicPem = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }).toString();
const privatePem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const rsaPem = generateKeyPairSync('rsa', { modulusLength: 1024 })
  .publicKey.export({ type: 'spki', format: 'pem' })
  .toString();

/** Wrong values of each setting; a new row without an example fails the first test below. */
const WRONG: Record<keyof Config, readonly string[]> = {
  nodeEnv: ['prod', 'Production'],
  nodeId: ['a node', 'x'.repeat(65), 'näher'],
  host: ['a host', 'http://host/'],
  port: ['abc', '-1', '65536', '80.5', '0x50', '1e3'],
  logLevel: ['verbose', 'INFO'],
  adminToken: ['fifteen letters'],
  allowedOrigins: ['*', 'game.example', 'https://game.example/path', 'https://a.example,,', 'ftp://a.example'],
  redisUrl: ['localhost:6379', 'http://localhost', 'redis://', 'redis://host/name'],
  redisMode: ['cluster', 'Sentinel'],
  redisNodes: ['a', 'a:0', 'a:65536', 'a:1,', 'a:1,a:1', 'redis://a:1', 'a:1;b:1', '::1:26379'],
  redisSentinelName: ['my master', 'x'.repeat(129)],
  redisUsername: ['a user', 'x'.repeat(129)],
  redisPassword: ['x'.repeat(513)],
  redisSentinelPassword: ['x'.repeat(513)],
  redisKeyPrefix: ['rc{1}', 'with space', 'x'.repeat(33)],
  redisConnectTimeoutMs: ['99', '10s'],
  redisCommandTimeoutMs: ['0', '2147483648'],
  roomsDir: ['rooms\0dir'],
  roomsOpen: ['yes', '1', 'TRUE'],
  roomsRelay: ['demo', 'demo=often', 'demo=log,demo=none', 'a:b=log', 'demo=log,'],
  roomIdleMs: ['-1'],
  roomTtlWaitingMs: ['999'],
  roomTtlActiveMs: ['1h'],
  graceMs: ['-5'],
  historyBytesMax: ['128k'],
  flushIntervalMaxMs: ['-1', '1.5', 'soon'],
  snapshotDebounceMs: ['fast'],
  snapshotLatestMs: ['1,000'],
  sessionSecret: ['too short to sign with'],
  sessionTtlMs: ['forever'],
  authMode: ['oauth'],
  jwtSecret: ['too short to check with'],
  jwtPublicKey: ['not a key', privatePem, rsaPem, `${publicPem.slice(0, 60)}`],
  jwtIssuer: ['x'.repeat(513)],
  jwtAudience: ['x'.repeat(513)],
  frameBytesMax: ['255', '64KiB'],
  receiveBytesMax: ['67108865'],
  roomsMax: ['0', '1025'],
  commandsPerSec: ['0'],
  bytesPerSec: ['255'],
  stateBytesMax: ['1023'],
  keepAliveMs: ['7999', '944001'],
  backpressureBytesMax: ['65535'],
  connectionsMax: ['0'],
  joinsPerSec: ['0', 'NaN'],
  nodeHeartbeatMs: ['49'],
  nodeTtlMs: ['99'],
  peerHeartbeatMs: ['9'],
  drainTimeoutMs: ['-1', '30s'],
};

const SECRETS: readonly (keyof Config)[] = [
  'adminToken',
  'redisPassword',
  'redisSentinelPassword',
  'sessionSecret',
  'jwtSecret',
  'jwtPublicKey',
];

describe('one wrong value', () => {
  const cases = (Object.entries(WRONG) as [keyof Config, readonly string[]][]).flatMap(([key, values]) =>
    values.map((value): [keyof Config, string] => [key, value]),
  );

  it.each(cases)('%s: %j is refused by name, value and expectation', (key, value) => {
    const row = SETTINGS[key];
    const problem = problemsOf({ AUTH_MODE: 'none', [row.env]: value }).find((text) => text.startsWith(row.env));
    expect(problem).toContain(`: expected ${row.kind.expects}`);
    if (SECRETS.includes(key)) expect(problem).not.toContain(value.split('\n')[1] ?? value);
    else expect(problem).toContain(JSON.stringify(value).slice(1, 20));
  });

  it('has an example for each setting', () => {
    expect(Object.keys(WRONG).sort()).toEqual(Object.keys(SETTINGS).sort());
  });

  it('shows no password of a Redis address', () => {
    for (const url of [
      'http://me:hunter2@host',
      'me:hunter2@host',
      'redis://me:hun@ter2@host/x',
      'rediss://h/a?p=hunter2',
    ]) {
      expect(problemsOf({ REDIS_URL: url }).join()).not.toMatch(/hun|ter2/);
    }
  });

  it('shows no password in a list of servers', () => {
    expect(problemsOf({ REDIS_MODE: 'sentinel', REDIS_NODES: 'redis://me:hunter2@a:1,b:1' }).join()).not.toMatch(
      /hunter2/,
    );
  });

  it('shows only the beginning of a long value', () => {
    expect(problemsOf({ PORT: '9'.repeat(5_000) }).join().length).toBeLessThan(200);
  });
});

describe('all problems', () => {
  it('come at once, in one error', () => {
    const env = { NODE_ENV: 'production', PORT: 'abc', ROOMS_MAX: '0', REDIS_ULR: 'redis://a', NODE_TTL_MS: '1500' };
    expect(problemsOf(env).map((text) => text.split(' ')[0])).toEqual([
      'PORT',
      'ROOMS_MAX',
      'SESSION_SECRET',
      'NODE_TTL_MS',
      'REDIS_ULR',
    ]);
    expect(() => load(env)).toThrow(/5 problems:\n {2}- PORT is "abc"/);
  });
});

describe('unknown settings', () => {
  it.each([
    ['REDIS_ULR', 'REDIS_URL'],
    ['REDIS_PREFIX', null],
    ['REDIS_KEY_PREFX', 'REDIS_KEY_PREFIX'],
    ['ROOMCAST_PORT', 'PORT'],
    ['ROOMCAST_ROOM_MAX', 'ROOMS_MAX'],
    ['ROOMCAST_COLOUR', null],
  ])('%s is refused, and %s is proposed', (name, near) => {
    const [problem] = problemsOf({ [name]: 'x' });
    expect(problem).toBe(`${name} is no setting: ${near ? `did you mean ${near}?` : 'docs/CONFIG.md lists all'}`);
  });

  it('of other programs are let be, as are those that Kubernetes and Docker make of a service', () => {
    const env = {
      HOME: '/root',
      REDISCLI_AUTH: 'x',
      REDIS_SERVICE_HOST: '10.0.0.1',
      REDIS_SERVICE_PORT_CLIENT: '6379',
      REDIS_PORT: 'tcp://10.0.0.1:6379',
      REDIS_PORT_6379_TCP_ADDR: '10.0.0.1',
      ROOMCAST_PORT: 'tcp://10.0.0.2:3000',
    };
    expect(problemsOf(env)).toEqual([]);
    expect(problemsOf({ REDIS_PORT: '6379' })).toHaveLength(1);
  });
});

describe('values', () => {
  it('are read by their types', () => {
    const config = load({
      PORT: '0',
      ROOMS_OPEN: 'false',
      ROOMS_RELAY: 'demo=snapshot, ledger=log,scratch=none',
      ALLOWED_ORIGINS: 'https://a.example, http://localhost:5173',
      REDIS_URL: ' rediss://user:pass@redis.example:6380/2 ',
      AUTH_MODE: 'jwt',
      JWT_PUBLIC_KEY: publicPem.replaceAll('\n', '\\n'),
    });
    expect(config).toMatchObject({
      port: 0,
      roomsOpen: false,
      allowedOrigins: ['https://a.example', 'http://localhost:5173'],
      redisUrl: 'rediss://user:pass@redis.example:6380/2',
      jwtPublicKey: publicPem.trim(),
    });
    expect([...config.roomsRelay]).toEqual([
      ['demo', 'snapshot'],
      ['ledger', 'log'],
      ['scratch', 'none'],
    ]);
  });

  it('of sentinels are hosts and ports', () => {
    const config = load({ REDIS_MODE: 'sentinel', REDIS_NODES: 's-1.example:26379, 10.0.0.2:1,[fd00::1]:26379' });
    expect(config.redisNodes).toEqual([
      { host: 's-1.example', port: 26379 },
      { host: '10.0.0.2', port: 1 },
      { host: 'fd00::1', port: 26379 },
    ]);
    expect(config.redisSentinelName).toBe('mymaster');
  });

  it('that are empty count as absent', () => {
    expect(load({ PORT: '', REDIS_URL: ' ', ALLOWED_ORIGINS: '' })).toEqual(load({}));
  });

  it('default to a node that one can try at once, and that only this machine reaches', () => {
    expect(load({})).toMatchObject({
      port: 3000,
      host: '127.0.0.1',
      roomsOpen: true,
      redisUrl: null,
      authMode: 'none',
    });
  });

  it('default to closed rooms outside development', () => {
    const config = load({ NODE_ENV: 'production', SESSION_SECRET: SECRET });
    expect(config).toMatchObject({ host: '0.0.0.0', roomsOpen: false });
  });

  it('of limits default to those of the protocol', () => {
    expect(load({})).toMatchObject(DEFAULT_LIMITS);
  });

  it('make a node id of host name and process id, in its alphabet and length', () => {
    expect(load({}).nodeId).toBe('web-1-example-42');
    expect(loadConfig({}, { hostname: 'h'.repeat(200), pid: 4_194_304 }).nodeId).toHaveLength(64);
    expect(loadConfig({}, { hostname: '', pid: 7 }).nodeId).toBe('node-7');
  });

  it('can not be changed later', () => {
    expect(Object.isFrozen(load({}))).toBe(true);
  });
});

describe('settings that do not fit together', () => {
  it.each<[string, Environment]>([
    ['SESSION_SECRET is not set', { NODE_ENV: 'production' }],
    ['AUTH_MODE is "jwt" with neither', { AUTH_MODE: 'jwt' }],
    ['AUTH_MODE is "jwt" with both', { AUTH_MODE: 'jwt', JWT_SECRET: SECRET, JWT_PUBLIC_KEY: publicPem }],
    ['AUTH_MODE is not set, but JWT_SECRET is', { JWT_SECRET: SECRET }],
    ['AUTH_MODE is not set, but JWT_PUBLIC_KEY is', { JWT_PUBLIC_KEY: publicPem }],
    ['REDIS_NODES is not set', { REDIS_MODE: 'sentinel' }],
    ['REDIS_URL is set, but REDIS_MODE is "sentinel"', { ...SENTINEL, REDIS_URL: 'redis://:hunter2@a' }],
    ['REDIS_NODES is set, but REDIS_MODE is "single"', { REDIS_NODES: 'a:1' }],
    ['REDIS_SENTINEL_NAME is set, but', { REDIS_SENTINEL_NAME: 'other' }],
    ['REDIS_PASSWORD is set, but', { REDIS_PASSWORD: SECRET }],
    ['REDIS_SENTINEL_PASSWORD is set, but', { REDIS_SENTINEL_PASSWORD: SECRET, REDIS_URL: 'redis://a' }],
    ['REDIS_PASSWORD is not set: expected that of REDIS_USERNAME', { ...SENTINEL, REDIS_USERNAME: 'me' }],
    ['RECEIVE_BYTES_MAX is 1000: expected at least FRAME_BYTES_MAX (65536)', { RECEIVE_BYTES_MAX: '1000' }],
    ['BYTES_PER_SEC is 32767: expected at least half of FRAME_BYTES_MAX (32768)', { BYTES_PER_SEC: '32767' }],
    ['BACKPRESSURE_BYTES_MAX is 2097152: expected at least', { STATE_BYTES_MAX: '2097152' }],
    ['SNAPSHOT_LATEST_MS is 100: expected at least SNAPSHOT_DEBOUNCE_MS (200)', { SNAPSHOT_LATEST_MS: '100' }],
    ['NODE_TTL_MS is 1999: expected at least twice NODE_HEARTBEAT_MS (2000)', { NODE_TTL_MS: '1999' }],
    ['NODE_TTL_MS is 3000: expected at least three times PEER_HEARTBEAT_MS', { PEER_HEARTBEAT_MS: '1001' }],
    ['ROOM_TTL_WAITING_MS is 1800000: expected at least GRACE_MS', { GRACE_MS: '1800001' }],
    ['ROOM_TTL_ACTIVE_MS is 1000: expected at least GRACE_MS', { ROOM_TTL_ACTIVE_MS: '1000' }],
    ['SESSION_TTL_MS is 1000: expected at least GRACE_MS', { SESSION_TTL_MS: '1000' }],
  ])('%s', (start, env) => {
    const problems = problemsOf(env);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(start);
    expect(problems[0]).not.toContain(SECRET);
    expect(problems[0]).not.toContain('hunter2');
  });

  it('are right at their bounds', () => {
    const env = { STATE_BYTES_MAX: '2031616', NODE_TTL_MS: '2000', BYTES_PER_SEC: '32768', RECEIVE_BYTES_MAX: '65536' };
    expect(problemsOf(env)).toEqual([]);
    expect(problemsOf({ AUTH_MODE: 'none', JWT_SECRET: SECRET })).toEqual([]);
    expect(problemsOf({ AUTH_MODE: 'jwt', JWT_SECRET: SECRET })).toEqual([]);
  });

  it('are not complained about while one of them is wrong by itself', () => {
    expect(problemsOf({ FRAME_BYTES_MAX: 'big', RECEIVE_BYTES_MAX: '1000' })).toHaveLength(1);
  });
});
