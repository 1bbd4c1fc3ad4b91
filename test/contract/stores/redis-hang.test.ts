/** What the Redis ports do with a Redis that is connected and silent, or all too slow: how long, how much, how often. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { PENDING_CALLS_MAX } from '../../../src/redis/commands.ts';
import { openRedis, type RedisPorts } from '../../../src/redis/open-redis.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { bytes, TTL_MS } from './rooms.ts';

const MIB = 1024 * 1024;

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

test('[breaker] each call has its own deadline, though bytes of others keep coming', async () => {
  const server = await start();
  const line = await slowLine(server.port);
  const ports = await opened(line.port, { commandTimeoutMs: 300 });
  line.slowDown();
  const calls = Array.from({ length: 1_000 }, (_, i) => ports.sessions.open(`s${i}`, 0, TTL_MS));
  const results = await Promise.allSettled(calls);
  const answered = results.findIndex(({ status }) => status === 'rejected');
  expect(answered).toBeGreaterThan(0);
  for (const result of results.slice(answered)) {
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  }
  expect(ports.state).toEqual({ status: 'down', reason: 'a call had no answer within 300 ms' });
});

test('[breaker] calls that wait are bounded, and one too many fails at once', async () => {
  const server = await start();
  const ports = await opened(server.port, { commandTimeoutMs: 60_000 });
  server.pause();
  const calls = Array.from({ length: PENDING_CALLS_MAX }, (_, i) => ports.sessions.open(`s${i % 10}`, 0, TTL_MS));
  await expect(ports.sessions.open('s', 0, TTL_MS)).rejects.toMatchObject({
    code: 'unavailable',
    message: `Redis is unavailable: ${PENDING_CALLS_MAX} calls wait for their answers`,
  });
  server.resume();
  await Promise.all(calls);
  await expect(ports.sessions.open('s', 0, TTL_MS)).resolves.toBe(1);
});

test('[breaker] bytes that wait are bounded, too', async () => {
  const server = await start();
  const ports = await opened(server.port, { commandTimeoutMs: 60_000 });
  server.pause();
  const packet = new Uint8Array(MIB);
  const results: Promise<unknown>[] = [];
  let refused: unknown = null;
  for (let i = 0; i < 200 && refused === null; i++) {
    results.push(
      ports.mailbox.publish('a', packet).catch((error: unknown) => {
        refused = error;
      }),
    );
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(refused).toMatchObject({ message: 'Redis is unavailable: it does not take what is sent to it' });
  server.resume();
  await Promise.all(results);
  await expect(ports.mailbox.publish('a', packet)).resolves.toBe(0);
});

test('[breaker] a hung Redis gets one attempt at a time, however much is asked meanwhile', async () => {
  const sockets = new Set<Socket>();
  let connections = 0;
  let together = 0;
  const silent = createServer((socket) => {
    sockets.add(socket);
    connections++;
    together = Math.max(together, sockets.size);
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  stops.push(() => {
    silent.close();
    for (const socket of sockets) socket.destroy();
  });
  const startedAt = performance.now();
  const ports = openRedis(
    {
      url: `redis://127.0.0.1:${await portOf(silent)}`,
      prefix: 'rc:',
      node: 'a:1',
      connectTimeoutMs: 100,
      retryMaxMs: 50,
    },
    silentLogger,
  );
  stops.push(() => ports.close());
  await expect(ports.started).resolves.toMatchObject({ reason: 'no connection within 100 ms' });
  while (connections < 5) {
    const calls = Array.from({ length: 100 }, () => ports.mailbox.publish('a', bytes('x')));
    for (const result of await Promise.allSettled(calls)) expect(result.status).toBe('rejected');
    await new Promise((resolve) => setImmediate(resolve));
  }
  // The silent end may hear of the next connection before the end of the one before.
  expect(together).toBeLessThanOrEqual(2);
  // Some ms to spare: timers may be early by one each.
  expect(connections).toBeLessThanOrEqual((performance.now() - startedAt) / 90 + 1);
});

test('[breaker] a connection that is given up is told of once, however often it is tried again', async () => {
  const server = await start();
  const said: string[] = [];
  const warn = (_fields: object, text: string): void => void said.push(text);
  const ports = openRedis(
    {
      url: `redis://127.0.0.1:${server.port}`,
      prefix: 'rc:',
      node: 'a:1',
      commandTimeoutMs: 100,
      connectTimeoutMs: 100,
      retryMaxMs: 50,
    },
    { ...silentLogger, info: warn, warn },
  );
  stops.push(() => ports.close());
  await ports.started;
  server.pause();
  await ports.sessions.open('s', 0, TTL_MS).catch(() => {});
  await until(() => ports.status().commands.reason?.startsWith('no connection within'));
  server.resume();
  await until(() => ports.state.status === 'up');
  expect(said.map((text) => text.replace(/,.*/, ''))).toEqual([
    'Redis: commands connected',
    "Redis: commands can't be reached",
    'Redis: commands connected',
  ]);
});

test('[breaker] a pause of this process is not taken for one of Redis', async () => {
  const server = await start();
  const ports = await opened(server.port, { commandTimeoutMs: 100, connectTimeoutMs: 100 });
  const answer = ports.sessions.open('s', 0, TTL_MS);
  await new Promise((resolve) => setImmediate(resolve));
  standStill(300);
  await expect(answer).resolves.toBe(1);
  expect(ports.state.status).toBe('up');
});

function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

async function start(): Promise<RedisServer> {
  const server = await startRedis();
  stops.push(() => server.stop());
  return server;
}

async function opened(
  port: number,
  times: { commandTimeoutMs?: number; connectTimeoutMs?: number },
): Promise<RedisPorts> {
  const ports = openRedis({ url: `redis://127.0.0.1:${port}`, prefix: 'rc:', node: 'a:1', ...times }, silentLogger);
  stops.push(() => ports.close());
  await expect(ports.started).resolves.toMatchObject({ status: 'up' });
  return ports;
}

/** To Redis, whose answers come in drops once it is slowed down: never silent, never done. */
async function slowLine(target: number): Promise<{ port: number; slowDown: () => void }> {
  let isSlow = false;
  const timers = new Set<NodeJS.Timeout>();
  const sockets = new Set<Socket>();
  const line = createServer((near) => {
    const far = connect(target, '127.0.0.1');
    let waiting = Buffer.alloc(0);
    const drop = setInterval(() => {
      near.write(waiting.subarray(0, 4));
      waiting = waiting.subarray(4);
    }, 5);
    timers.add(drop);
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => {
      if (isSlow) waiting = Buffer.concat([waiting, data]);
      else near.write(data);
    });
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => clearInterval(drop));
    }
  });
  stops.push(() => {
    line.close();
    for (const timer of timers) clearInterval(timer);
    for (const socket of sockets) socket.destroy();
  });
  const slowDown = (): void => {
    isSlow = true;
  };
  return { port: await portOf(line), slowDown };
}

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
