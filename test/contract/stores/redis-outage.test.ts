/** What the Redis ports do while Redis is away, hangs, refuses or forgets. */
import { createServer, type Server } from 'node:net';
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import type { Logger } from '../../../src/base/logger.ts';
import { openRedis, type RedisPorts, type RedisPortsOptions } from '../../../src/redis/open-redis.ts';
import type { RedisState } from '../../../src/redis/redis-connection.ts';
import { type RedisServer, type StartRedisOptions, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { A, append, bytes, claimOf, commit, ROOM, TTL_MS } from './rooms.ts';

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('[outage] an unreachable Redis is no error at the start: down, with the reason, and calls fail at once', async () => {
  const server = await start();
  await server.stop();
  const { ports, states, logged } = open(server.url);
  expect(ports.state.status).toBe('connecting');
  await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({ code: 'unavailable' });
  const state = await ports.started;
  expect(state).toMatchObject({ status: 'down', reason: expect.stringContaining('ECONNREFUSED') });
  expect(states).toEqual([state]);
  await expectAllUnavailable(ports);
  expect(logged.filter((line) => line.includes('commands'))).toHaveLength(1);
});

test('[outage] a Redis that comes later is used, mailbox and all', async () => {
  const first = await start();
  await first.stop();
  const { ports, subscription } = open(first.url);
  const packets: Uint8Array[] = [];
  await ports.mailbox.open('a', (packet) => packets.push(packet));
  expect(subscription.at(-1)?.status).toBe('down');
  await expect(ports.mailbox.reconnect()).rejects.toMatchObject({ code: 'unavailable' });
  await start({ port: first.port });
  await until(() => ports.state.status === 'up' && subscription.at(-1)?.status === 'up');
  await expect(ports.mailbox.publish('a', bytes('x'))).resolves.toBe(1);
  await until(() => packets.length === 1);
});

test('[outage] what was under way when Redis died fails, what is called meanwhile fails, and nothing is replayed', async () => {
  const server = await start();
  const { ports, states } = open(server.url);
  await ports.started;
  await ports.mailbox.open('a', () => {});
  server.pause();
  const underWay = [
    ports.sessions.open('s', 0, TTL_MS),
    ports.mailbox.publish('a', bytes('x')),
    ports.directory.claim(claimOf(A)),
    ports.snapshots.commit([commit(1, 1), commit(1, 2)]),
  ];
  const failed = Promise.allSettled(underWay);
  await server.stop();
  for (const result of await failed) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable', cause: expect.any(Error) } });
  }
  await until(() => ports.state.status === 'down');
  await expectAllUnavailable(ports);
  const next = await start({ port: server.port });
  await until(() => ports.state.status === 'up');
  const raw = new Redis(next.port, '127.0.0.1');
  stops.push(() => raw.disconnect());
  const stats = await raw.info('commandstats');
  expect(stats).not.toMatch(/cmdstat_(evalsha|eval|publish|hget)\b/);
  expect(await raw.dbsize()).toBe(0);
  await expect(ports.sessions.open('s', 0, TTL_MS)).resolves.toBe(1);
  expect(states.map((state) => state.status).filter((status, i, all) => status !== all[i - 1])).toEqual([
    'up',
    'down',
    'up',
  ]);
});

test('[outage] a Redis that hangs is given up after the command time-out, and used again when it goes on', async () => {
  const server = await start();
  const { ports } = open(server.url, { commandTimeoutMs: 100 });
  await ports.started;
  server.pause();
  await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({ code: 'unavailable' });
  await until(() => ports.state.status === 'down');
  await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({ code: 'unavailable' });
  server.resume();
  await until(() => ports.state.status === 'up');
  await expect(ports.sessions.open('other', 0, TTL_MS)).resolves.toBe(1);
});

test('[outage] a subscription that was cut comes back by itself', async () => {
  const server = await start();
  const { ports, subscription } = open(server.url);
  await ports.started;
  const packets: Uint8Array[] = [];
  await ports.mailbox.open('a', (packet) => packets.push(packet));
  const raw = new Redis(server.port, '127.0.0.1');
  stops.push(() => raw.disconnect());
  await raw.call('client', 'kill', 'type', 'pubsub');
  await until(() => subscription.some((state) => state.status === 'down'));
  await until(() => subscription.at(-1)?.status === 'up');
  expect(ports.state.status).toBe('up');
  await expect(ports.mailbox.publish('a', bytes('x'))).resolves.toBe(1);
  await until(() => packets.length === 1);
});

test('[outage] a read-only replica counts as down, from the start or from a failover on', async () => {
  const server = await start();
  const raw = new Redis(server.port, '127.0.0.1');
  stops.push(() => raw.disconnect());
  await raw.replicaof('127.0.0.1', 1);
  const { ports } = open(server.url);
  await expect(ports.started).resolves.toMatchObject({ status: 'down', reason: expect.stringContaining('read-only') });
  await raw.replicaof('NO', 'ONE');
  await until(() => ports.state.status === 'up');
  await raw.replicaof('127.0.0.1', 1);
  await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({ code: 'unavailable' });
  expect(ports.state).toMatchObject({ status: 'down', reason: expect.stringContaining('READONLY') });
  await raw.replicaof('NO', 'ONE');
  await until(() => ports.state.status === 'up');
});

test('[outage] a wrong password is a reason, and is in no state, log or error', async () => {
  const server = await start({ conf: { requirepass: 'right' } });
  const { ports, states, logged } = open(`redis://:wr0ng-p%40ss@127.0.0.1:${server.port}`);
  const state = await ports.started;
  expect(state).toMatchObject({ status: 'down', reason: expect.stringContaining('WRONGPASS') });
  const error = await ports.sessions.open('s', 0, TTL_MS).catch((thrown: unknown) => thrown);
  expect(inspect([state, states, logged, error], { depth: 20, showHidden: true })).not.toContain('wr0ng-p');
  const right = open(`redis://:right@127.0.0.1:${server.port}`);
  await expect(right.ports.started).resolves.toMatchObject({ status: 'up' });
});

test('[outage] a server that quotes the login in its refusal does not bring the password into the open', async () => {
  const rude = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const _ of data.toString().matchAll(/\*\d+\r\n/g)) {
        socket.write("-ERR refused, with args beginning with: '3' 'AUTH' 'default' 's3cret!'\r\n");
      }
    });
  });
  const { ports, states, logged } = open(`redis://:s3cret!@127.0.0.1:${await listen(rude)}`);
  const state = await ports.started;
  expect(state).toMatchObject({ status: 'down', reason: expect.stringContaining('AUTH') });
  const error = await ports.nodes.isAlive('a:1').catch((thrown: unknown) => thrown);
  expect(inspect([state, states, logged, error], { depth: 20, showHidden: true })).not.toContain('s3cret');
});

test('[outage] a URL that names no Redis throws, without a word of it', () => {
  for (const url of [
    'http://u:s3cret@h',
    'redis://:s3cret@',
    's3cret',
    'redis://:s3cret@h/x',
    'redis://:s3cret@h:99999',
  ]) {
    const thrown = (() => {
      try {
        open(url);
      } catch (error) {
        return String(error);
      }
    })();
    expect(thrown).toContain('redis://');
    expect(thrown).not.toContain('s3cret');
  }
});

test('[outage] scripts that an operator flushed are loaded again', async () => {
  const server = await start();
  const { ports } = open(server.url);
  await ports.started;
  const raw = new Redis(server.port, '127.0.0.1');
  stops.push(() => raw.disconnect());
  await expect(ports.sessions.open('s', 0, TTL_MS)).resolves.toBe(1);
  await raw.script('FLUSH');
  await expect(Promise.all([1, 2, 3].map(() => ports.sessions.open('s', 0, TTL_MS)))).resolves.toEqual([2, 3, 4]);
});

test('[outage] closing while down, or in the middle of an attempt, ends all', async () => {
  const server = await start();
  await server.stop();
  for (const early of [true, false]) {
    const { ports, states } = open(server.url);
    const mailbox = ports.mailbox.open('a', () => {});
    if (!early) await ports.started;
    await ports.close();
    await mailbox;
    expect(states.at(-1)).toEqual({ status: 'down', reason: 'closed' });
    await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({ code: 'unavailable' });
  }
});

async function expectAllUnavailable(ports: RedisPorts): Promise<void> {
  const node = {
    id: 'a',
    incarnation: '1',
    startedAt: 0,
    owned: 0,
    members: 0,
    connections: 0,
    beat: 1,
    draining: false,
  };
  const calls = [
    ports.nodes.renew(node, TTL_MS),
    ports.nodes.isAlive('a:1'),
    ports.nodes.remove('a:1'),
    ports.directory.claim(claimOf(A)),
    ports.directory.release(ROOM, A, 1, 0),
    ports.snapshots.commit([commit(1, 1)]),
    ports.log.append([append(1, 1), append(1, 2)]),
    ports.sessions.open('s', 0, TTL_MS),
    ports.mailbox.publish('a', bytes('x')),
  ];
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { name: 'StoreFault', code: 'unavailable' } });
  }
}

async function start(options?: StartRedisOptions): Promise<RedisServer> {
  const server = await startRedis(options);
  stops.push(() => server.stop());
  return server;
}

function open(url: string, options: Partial<RedisPortsOptions> = {}) {
  const states: RedisState[] = [];
  const subscription: RedisState[] = [];
  const logged: string[] = [];
  const write = (fields: object, text: string) =>
    void logged.push(inspect(fields, { depth: 20, showHidden: true }) + text);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const ports = openRedis({ url, prefix: 'rc:', node: 'a:1', retryMaxMs: 200, ...options }, log, {
    onState: (state) => states.push(state),
    onSubscription: (state) => subscription.push(state),
  });
  stops.push(() => ports.close());
  return { ports, states, subscription, logged };
}

function listen(server: Server): Promise<number> {
  stops.push(() => server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
