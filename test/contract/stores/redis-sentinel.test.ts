/** The Redis ports behind sentinels: which Redis they use, and how they follow a failover. */
import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Logger } from '../../../src/base/logger.ts';
import type { SentinelAddress } from '../../../src/redis/connection-options.ts';
import { openRedis, type RedisPorts } from '../../../src/redis/open-redis.ts';
import type { RedisState } from '../../../src/redis/redis-connection.ts';
import { type SentinelCluster, startSentinels } from '../../support/redis-sentinels.ts';
import type { RedisServer } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { A, bytes, claimOf, commit, owned, TTL_MS } from './rooms.ts';

const PASSWORD = 'of-the-m4ster';
const SENTINEL_PASSWORD = 'of-the-s3ntinels';

let cluster: SentinelCluster;
const stops: (() => unknown)[] = [];
beforeAll(async () => {
  cluster = await startSentinels({ password: PASSWORD, sentinelPassword: SENTINEL_PASSWORD });
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(() => cluster.stop());

test('[sentinel] commands and mailbox are led to the master, by passwords of their own', async () => {
  const { ports } = await opened();
  await uses(ports, await cluster.master());
});

test('[sentinel] one sentinel that hangs and one that is not there keep nobody from the master', async () => {
  const [hung, , third] = cluster.sentinels;
  hung?.pause();
  stops.push(() => hung?.resume());
  const nodes = [{ host: '127.0.0.1', port: 1 }, ...portsOf([hung?.port ?? 0, third?.port ?? 0])];
  const { ports } = await opened({ nodes });
  await uses(ports, await cluster.master());
});

test('[sentinel] a name that no sentinel knows is a reason, and so is a wrong password, without its text', async () => {
  const unknown = open({ name: 'hermaster' });
  await expect(unknown.ports.started).resolves.toMatchObject({
    status: 'down',
    reason: expect.stringMatching(/no sentinel knows the master hermaster: 127\.0\.0\.1:\d+: ERR No such master/),
  });
  const atSentinels = open({ sentinelPassword: 'wr0ng-there' });
  await expect(atSentinels.ports.started).resolves.toMatchObject({ reason: expect.stringContaining('WRONGPASS') });
  const atMaster = open({ password: 'wr0ng-here' });
  await expect(atMaster.ports.started).resolves.toMatchObject({ reason: expect.stringContaining('WRONGPASS') });
  const refused = await atMaster.ports.sessions.open('s', 0, TTL_MS).catch((thrown: unknown) => thrown);
  const shown = inspect([unknown, atSentinels, atMaster, refused], { depth: 20, showHidden: true });
  expect(shown.match(/wr0ng-\w+/)?.[0]).toBeUndefined();
});

test('[sentinel] no write goes to a master that was replaced while it lives, though it would take them', async () => {
  const { ports, states } = await opened();
  const { epoch } = owned(await ports.directory.claim(claimOf(A)));
  const before = await cluster.master();
  const after = await cluster.failover();
  expect(after).not.toBe(before);
  await until(() => states.filter(({ status }) => status === 'up').length > 1);
  await uses(ports, after);
  const old = raw(before);
  expect(await role(old), 'or this shows nothing').toBe('master');
  const written = await old.info('commandstats');
  await expect(ports.snapshots.commit([commit(epoch, 1)])).resolves.toEqual(['written']);
  expect(evalshaCalls(await old.info('commandstats'))).toBe(evalshaCalls(written));
});

test('[sentinel] a master that hangs is left as soon as the sentinels have another', async () => {
  const { ports } = await opened();
  const before = await cluster.master();
  before.pause();
  stops.push(() => before.resume());
  const after = await until(
    async () => {
      const found = await cluster.master();
      return found === before ? null : found;
    },
    { timeoutMs: 30_000 },
  );
  await uses(ports, after);
  before.resume();
  await until(async () => (await role(raw(before))) === 'slave', { timeoutMs: 30_000 });
  await uses(ports, after);
});

test('[sentinel] a master that dies is replaced, and both connections end on the new one', async () => {
  const { ports } = await opened();
  const before = await cluster.master();
  await before.stop();
  const after = await until(
    async () => {
      const found = await cluster.master();
      return found === before ? null : found;
    },
    { timeoutMs: 30_000 },
  );
  await uses(ports, after);
});

/** Both connections are at that server, and work. */
async function uses(ports: RedisPorts, server: RedisServer): Promise<void> {
  const at = raw(server);
  await until(async () => {
    const list = String(await at.client('LIST'));
    return ports.state.status === 'up' && [...list.matchAll(/ name=rc:a:1 /g)].length === 2;
  });
  await until(async () => (await ports.mailbox.publish('a', bytes('x'))) === 1);
  at.disconnect();
}

async function opened(address: Partial<SentinelAddress> = {}) {
  const made = open(address);
  await expect(made.ports.started).resolves.toMatchObject({ status: 'up' });
  await made.ports.mailbox.open('a', () => {});
  return made;
}

function open(address: Partial<SentinelAddress>) {
  const states: RedisState[] = [];
  const logged: string[] = [];
  const write = (fields: object, text: string) => void logged.push(inspect(fields, { depth: 20 }) + text);
  const log: Logger = { debug: write, info: write, warn: write, error: write };
  const sentinels: SentinelAddress = {
    nodes: portsOf(cluster.sentinels.map(({ port }) => port)),
    name: cluster.name,
    username: null,
    password: PASSWORD,
    sentinelPassword: SENTINEL_PASSWORD,
    ...address,
  };
  const ports = openRedis({ sentinels, prefix: 'rc:', node: 'a:1' }, log, { onState: (state) => states.push(state) });
  stops.push(() => ports.close());
  return { ports, states, logged };
}

function portsOf(ports: readonly number[]) {
  return ports.map((port) => ({ host: '127.0.0.1', port }));
}

function raw(server: RedisServer): Redis {
  const client = new Redis({ port: server.port, host: '127.0.0.1', password: PASSWORD });
  // Those that a sentinel demotes lose their connections.
  client.on('error', () => {});
  stops.push(() => client.disconnect());
  return client;
}

async function role(client: Redis): Promise<unknown> {
  const [name] = (await client.call('role')) as unknown[];
  return name;
}

function evalshaCalls(stats: string): string | undefined {
  return /cmdstat_evalsha:calls=(\d+)/.exec(stats)?.[1];
}
