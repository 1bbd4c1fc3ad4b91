/** `/api/health` in the states of Redis, and how long it takes. What the node does in them: redis-states.test.ts. */
import { Redis } from 'ioredis';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { RedisVitals } from '../../../src/redis/vitals.ts';
import { Client } from '../../support/independent/client.ts';
import { type NodeInProcess, useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type RedisServer, type StartRedisOptions, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const QUICK = { NODE_HEARTBEAT_MS: '50', NODE_TTL_MS: '400', PEER_HEARTBEAT_MS: '50' };

interface Health {
  readonly healthy: boolean;
  readonly storageType: string;
  readonly initialized: boolean;
  readonly fallbackReason: string | null;
  readonly totalSessions: number;
  readonly redisStatus: RedisVitals | null;
}

const servers: RedisServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
const startNode = useNodesInProcess();

test('[health] in memory there is no Redis to tell of', async () => {
  const node = await startNode({});
  const { status, body } = await node.get<Health>('/api/health');
  expect(status).toBe(200);
  expect(body).toEqual({
    healthy: true,
    storageType: 'memory',
    initialized: true,
    fallbackReason: null,
    totalSessions: 0,
    redisStatus: null,
  });
});

test('[health] on a Redis that is well', async () => {
  const server = await redis({ conf: { maxmemory: '50mb' } });
  const node = await startNode({ ...QUICK, REDIS_URL: server.url });
  const client = await Client.connect(node.url);
  onTestFinished(() => client.cut());
  await client.hello();
  const { status, body } = await node.get<Health>('/api/health');
  expect(status).toBe(200);
  expect(body).toMatchObject({ healthy: true, storageType: 'redis', initialized: true, fallbackReason: null });
  expect(body.totalSessions).toBe(1);
  expect(body.redisStatus).toMatchObject({
    connected: true,
    state: 'up',
    role: 'master',
    maxMemory: 50 * 1024 * 1024,
    evictedKeys: 0,
    connectedReplicas: 0,
    replicationLagBytes: null,
  });
  expect(body.redisStatus?.latencyMs).toBeGreaterThan(0);
  expect(body.redisStatus?.usedMemory).toBeGreaterThan(0);
  expect(body.redisStatus?.keys).toBeGreaterThan(0);
});

test('[metrics] tell of Redis, of calls on it, and of the way between nodes', async () => {
  const server = await redis({ conf: { maxmemory: '50mb' } });
  const node = await startNode({ ...QUICK, REDIS_URL: server.url });
  const value = (text: string, series: string): number =>
    Number(new RegExp(`^roomcast_${series}\\{.*\\} (\\S+)$`, 'm').exec(text)?.[1]);
  const text = await until(async () => {
    const page = await (await fetch(`${node.url.replace('ws:', 'http:').replace('/ws', '/metrics')}`)).text();
    return value(page, 'redis_up') === 1 && value(page, 'relay_lag_seconds_count') > 0 ? page : null;
  });
  expect(value(text, 'redis_memory_max_bytes')).toBe(50 * 1024 * 1024);
  expect(value(text, 'redis_call_seconds_count')).toBeGreaterThan(0);
  expect(value(text, 'redis_evicted_keys_total')).toBe(0);
  expect(text).not.toMatch(/^roomcast_redis_replication_lag_bytes\{/m);
  const alone = await startNode({});
  const page = await (await fetch(`${alone.url.replace('ws:', 'http:').replace('/ws', '/metrics')}`)).text();
  expect(page).not.toMatch(/^roomcast_redis_\w+\{/m);
});

test('[health] many who ask cost Redis one look', async () => {
  const server = await redis();
  const node = await startNode({ ...QUICK, REDIS_URL: server.url });
  const raw = connect(server);
  await raw.config('RESETSTAT');
  await Promise.all(Array.from({ length: 50 }, () => node.get('/api/health')));
  const calls = /cmdstat_info:calls=(\d+)/.exec(await raw.info('commandstats'))?.[1];
  // Its own look may have been in between.
  expect(Number(calls ?? 0)).toBeLessThanOrEqual(2);
});

test('[health] evictions are counted and made a rate', async () => {
  const server = await redis({ conf: { maxmemory: '3mb', 'maxmemory-policy': 'allkeys-random' } });
  const node = await startNode({ ...QUICK, REDIS_URL: server.url });
  await node.get('/api/health');
  const raw = connect(server);
  await until(
    async () => {
      for (let i = 0; i < 50; i++) await raw.set(`filler${i}`, 'x'.repeat(100_000));
      const { body } = await node.get<Health>('/api/health');
      return (body.redisStatus?.evictedKeys ?? 0) > 0 && (body.redisStatus?.evictionsPerSec ?? 0) > 0;
    },
    { timeoutMs: 10_000 },
  );
});

test('[health] replicas, and how far they are behind', async () => {
  const server = await redis();
  const replica = await redis();
  await connect(replica).replicaof('127.0.0.1', server.port);
  const node = await startNode({ ...QUICK, REDIS_URL: server.url });
  await until(
    async () => {
      const { body } = await node.get<Health>('/api/health');
      return body.redisStatus?.connectedReplicas === 1 && body.redisStatus.replicationLagBytes !== null;
    },
    { timeoutMs: 20_000 },
  );
});

test('[health] behind a Redis that hangs it answers, and says so', async () => {
  const server = await redis();
  const node = await startNode({ ...QUICK, REDIS_URL: server.url, REDIS_COMMAND_TIMEOUT_MS: '3000' });
  await until(async () => (await node.get<Health>('/api/health')).body.healthy);
  server.pause();
  const { status, body } = await until(async () => {
    const answer = await node.get<Health>('/api/health');
    return answer.body.redisStatus?.connected ? null : answer;
  });
  expect(status).toBe(503);
  expect(body).toMatchObject({ healthy: false, redisStatus: { connected: false, latencyMs: null, state: 'up' } });
  // Both within the command time-out: none of them waited for that.
  await until(async () => (await node.get<Health>('/api/health')).body.redisStatus?.state === 'down');
  server.resume();
  await until(async () => (await node.get<Health>('/api/health')).body.healthy, { timeoutMs: 10_000 });
});

test('[health] started without Redis: why the node serves from memory', async () => {
  const away = await redis();
  await away.stop();
  const node = await startNode({ ...QUICK, REDIS_URL: away.url });
  const { status, body } = await node.get<Health>('/api/health');
  expect(status).toBe(503);
  expect(body).toMatchObject({ healthy: false, storageType: 'memory', initialized: false });
  expect(body.fallbackReason).toMatch(/ECONNREFUSED/);
  expect(body.redisStatus).toMatchObject({ connected: false, state: 'down', keys: null });
  await redis({ port: away.port });
  await until(async () => {
    const { body: now } = await node.get<Health>('/api/health');
    return now.healthy && now.initialized && now.storageType === 'redis' && now.fallbackReason === null;
  });
});

test('[health] a user who may not ask INFO leaves figures out, once, and is well', async () => {
  const server = await redis();
  await connect(server).call('acl', 'setuser', 'game', 'on', '>pass', '~*', '&*', '+@all', '-info');
  const node: NodeInProcess = await startNode({
    ...QUICK,
    REDIS_URL: `redis://game:pass@127.0.0.1:${server.port}`,
  });
  await until(async () => (await node.get<Health>('/api/health')).body.healthy);
  const { body } = await node.get<Health>('/api/health');
  expect(body.redisStatus).toMatchObject({ connected: true, usedMemory: null, role: null });
  // Until it has looked again.
  await until(async () => {
    const { redisStatus } = (await node.get<Health>('/api/health')).body;
    return redisStatus?.latencyMs !== body.redisStatus?.latencyMs;
  });
  const storage = await node.get<{ refused: { count: number } }>('/api/storage/status');
  expect(storage.body.refused.count).toBe(1);
});

async function redis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis(options);
  servers.push(server);
  return server;
}

function connect(server: RedisServer): Redis {
  const raw = new Redis({ port: server.port, host: '127.0.0.1' });
  raw.on('error', () => {});
  onTestFinished(() => raw.disconnect());
  return raw;
}
