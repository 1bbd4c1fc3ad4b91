/** What a node says of its storage, and whether it is ready, in each state that Redis can be in. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import type { StorageStatus } from '../../../src/node/storage-status.ts';
import { Client } from '../../support/independent/client.ts';
import { bytesOf } from '../../support/independent/client-frames.ts';
import { type NodeInProcess, useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type RedisServer, type StartRedisOptions, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const PASSWORD = 'n0t-t0-be-sh0wn';
const QUICK = {
  NODE_HEARTBEAT_MS: '50',
  NODE_TTL_MS: '400',
  PEER_HEARTBEAT_MS: '50',
  REDIS_COMMAND_TIMEOUT_MS: '1500',
};

type Status = StorageStatus & {
  readonly alone: boolean;
  readonly heartbeat: { readonly renewedMsAgo: number | null; readonly failure: string | null };
  readonly roomsUnwritten: number;
  readonly framesHeld: number;
  readonly failed: { readonly commits: number; readonly logAppends: number; readonly packets: number };
};

const servers: RedisServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
// Its nodes are stopped first, while their Redis still runs.
const startNode = useNodesInProcess();

test('[storage] memory, where no Redis is meant to be', async () => {
  const node = await startNode({});
  expect(await statusOf(node)).toMatchObject({
    type: 'memory',
    configured: 'memory',
    state: 'up',
    alone: false,
    refused: null,
  });
  await isReady(node);
});

test('[storage] started without Redis: alone in memory and not ready, then in the cluster', async () => {
  const away = await redis();
  await away.stop();
  const node = await nodeOn(away);
  await says(node, { type: 'memory', configured: 'redis', state: 'down', alone: true, reason: /ECONNREFUSED/ });
  await isNotReady(node, /Redis can't be reached: .*ECONNREFUSED/);
  await redis({ port: away.port });
  await says(node, { type: 'redis', state: 'up', alone: false, reason: null });
  await isReady(node);
});

test('[storage] lost, and back without its data', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  await isReady(node);
  expect(await statusOf(node)).toMatchObject({ type: 'redis', state: 'up', subscription: { state: 'up' } });
  const { client, me } = await member(node);
  await server.stop();
  await says(node, { type: 'redis', state: 'down', alone: false, subscription: { state: 'down' } });
  await isNotReady(node, /Redis can't be reached/);
  client.send('demo:1', 1, bytesOf('x'));
  await client.event('demo:1', { kind: 'message', member: me, cseq: 1 });
  await redis({ port: server.port });
  await isReady(node);
  expect(await statusOf(node)).toMatchObject({
    state: 'up',
    subscription: { state: 'up' },
    heartbeat: { failure: null },
  });
});

test('[storage] back with its data, behind a time in which it loads it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-redis-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  // 50 keys at 20 ms each make a second of loading, in which Redis looks at its connections now and then.
  const conf = { dir, 'key-load-delay': '20000', 'loading-process-events-interval-bytes': '1024' };
  const server = await redis({ conf });
  const node = await nodeOn(server);
  const { client } = await member(node);
  client.set('demo:1', 1, { kept: bytesOf('v') });
  const raw = connect(server);
  for (let i = 0; i < 50; i++) await raw.set(`filler${i}`, randomBytes(2_000));
  await until(() => raw.hexists('rc:{demo:1}', 's:kept'));
  await raw.save();
  await server.stop();
  await says(node, { state: 'down' });
  const loaded = redis({ port: server.port, conf });
  await says(node, { state: 'down', reason: /LOADING/ });
  await isNotReady(node, /LOADING/);
  await loaded;
  await isReady(node);
  expect(await connect(server).hexists('rc:{demo:1}', 's:kept')).toBe(1);
});

test('[storage] read-only', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  await isReady(node);
  const raw = connect(server);
  await raw.replicaof('127.0.0.1', 1);
  await says(node, { state: 'down', reason: /READONLY|read-only/ });
  await isNotReady(node, /read-only|READONLY/i);
  await raw.replicaof('NO', 'ONE');
  await isReady(node);
});

test('[storage] hung: not ready when the heartbeat has run out, down after the command time-out', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  await isReady(node);
  server.pause();
  await until(async () => {
    const { body } = await node.get<{ ok: boolean; reasons: string[] }>('/readyz');
    return /renewed \d+ ms ago: it has run out/.test(body.reasons.join());
  });
  expect(await statusOf(node)).toMatchObject({ state: 'up', heartbeat: { failure: null } });
  await says(node, { state: 'down', reason: /1500 ?ms/ });
  await isNotReady(node, /Redis can't be reached/);
  server.resume();
  await isReady(node);
});

test('[storage] slow: what answers within the time to live is well', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  await isReady(node);
  const raw = connect(server);
  for (let i = 0; i < 5; i++) {
    await raw.call('client', 'pause', '150', 'all');
    await isReady(node);
    expect(await statusOf(node)).toMatchObject({ state: 'up' });
  }
});

test('[storage] out of memory: connected, not ready, and rooms go on here; then all is written', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  const { client, me } = await member(node);
  const raw = connect(server);
  await raw.config('SET', 'maxmemory', '1');
  await isNotReady(node, /heartbeat could not be renewed: .*OOM/);
  client.set('demo:1', 1, { k: bytesOf('v') });
  await client.event('demo:1', { kind: 'changed', member: me, cseq: 1 });
  const status = await until(async () => {
    const now = await statusOf(node);
    return now.failed.commits > 0 ? now : null;
  });
  expect(status).toMatchObject({ state: 'up', subscription: { state: 'up' }, roomsUnwritten: 1 });
  expect(status.refused?.last).toMatch(/OOM/);
  expect(status.refused?.count).toBeGreaterThan(0);
  await raw.config('SET', 'maxmemory', '0');
  await isReady(node);
  await until(() => raw.hexists('rc:{demo:1}', 's:k'), { timeoutMs: 10_000 });
  await until(async () => (await statusOf(node)).roomsUnwritten === 0);
});

test('[storage] frames that wait for the log are counted', async () => {
  const server = await redis();
  const node = await nodeOn(server);
  const { client, me } = await member(node, 'ledger:1');
  const raw = connect(server);
  await raw.rename('rc:{ledger:1}:log', 'aside');
  await raw.set('rc:{ledger:1}:log', 'no log');
  client.send('ledger:1', 1, bytesOf('x'));
  await until(async () => {
    const { framesHeld, failed } = await statusOf(node);
    return framesHeld === 1 && failed.logAppends > 0;
  });
  await raw.rename('aside', 'rc:{ledger:1}:log');
  await client.event('ledger:1', { kind: 'message', member: me, cseq: 1 });
  expect(await statusOf(node)).toMatchObject({ framesHeld: 0 });
});

async function redis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const server = await startRedis({ ...options, conf: { requirepass: PASSWORD, ...options.conf } });
  servers.push(server);
  return server;
}

function nodeOn(server: RedisServer): Promise<NodeInProcess> {
  return startNode({ ...QUICK, REDIS_URL: `redis://:${PASSWORD}@127.0.0.1:${server.port}` });
}

function connect(server: RedisServer): Redis {
  const raw = new Redis({ port: server.port, host: '127.0.0.1', password: PASSWORD });
  raw.on('error', () => {});
  onTestFinished(() => raw.disconnect());
  return raw;
}

async function member(node: NodeInProcess, room = 'demo:1') {
  const client = await Client.connect(node.url);
  onTestFinished(() => client.cut());
  await client.hello();
  const { me } = await client.join(room);
  return { client, me };
}

async function statusOf(node: NodeInProcess): Promise<Status> {
  const { status, body } = await node.get<Status>('/api/storage/status');
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain(PASSWORD);
  return body;
}

/** Soon. */
async function says(
  node: NodeInProcess,
  expected: Partial<Omit<Status, 'reason' | 'subscription'>> & { reason?: RegExp | null; subscription?: object },
) {
  const { reason, ...rest } = expected;
  await until(async () => {
    const now = await statusOf(node);
    expect(now).toMatchObject(rest);
    if (reason === null) expect(now.reason).toBeNull();
    else if (reason) expect(now.reason).toMatch(reason);
    return true;
  });
}

async function isReady(node: NodeInProcess): Promise<void> {
  await until(async () => {
    expect(await node.get('/readyz')).toEqual({ status: 200, body: { ok: true, reasons: [] } });
    return true;
  });
}

async function isNotReady(node: NodeInProcess, reason: RegExp): Promise<void> {
  await until(async () => {
    const { status, body } = await node.get<{ reasons: string[] }>('/readyz');
    expect(status).toBe(503);
    expect(body.reasons.join()).toMatch(reason);
    expect(body.reasons.join()).not.toContain(PASSWORD);
    return true;
  });
}
