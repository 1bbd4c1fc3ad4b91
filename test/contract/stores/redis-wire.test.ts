/** How the ports use Redis: writes per turn, names, keys. What they answer is in the contract suites. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Keys } from '../../../src/redis/keys.ts';
import { openRedis, type RedisPorts } from '../../../src/redis/open-redis.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';
import { A, append, bytes, claimOf, commit, owned, ROOM, TTL_MS } from './rooms.ts';

let server: RedisServer;
let raw: Redis;
let ports: RedisPorts;

beforeEach(async () => {
  server = await startRedis();
  raw = new Redis(server.port, '127.0.0.1');
  ports = openRedis({ url: server.url, prefix: 'rc:', node: 'nö de:1' }, silentLogger);
  await ports.started;
});

afterEach(async () => {
  await ports.close();
  raw.disconnect();
  await server.stop();
});

test('[wire] all calls of a turn leave in one write', async () => {
  const { epoch } = owned(await ports.directory.claim(claimOf(A, { attempt: 4 })));
  const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await raw.info('stats'))?.[1]);
  const before = await reads();
  const answers: Promise<unknown>[] = [];
  for (let i = 1; i <= 100; i++) {
    answers.push(ports.mailbox.publish('a', bytes(`packet ${i}`)));
    answers.push(ports.log.append([append(epoch, i)]));
    answers.push(ports.snapshots.commit([commit(epoch, 0)]));
    answers.push(ports.sessions.open(`sid${i}`, 1, TTL_MS));
  }
  await Promise.all(answers);
  // Redis reads at most 16 KiB at a time, so 400 calls of some 150 bytes take it a few reads; one each would be 400.
  expect((await reads()) - before).toBeLessThan(25);
});

test('[wire] claims of many rooms in a turn leave in one write', async () => {
  const reads = async () => Number(/total_reads_processed:(\d+)/.exec(await raw.info('stats'))?.[1]);
  const before = await reads();
  const rooms = Array.from({ length: 200 }, (_, i) => `demo:${i}`);
  const claims = await Promise.all(rooms.map((room) => ports.directory.claim(claimOf(A, { room }))));
  expect(claims.map(({ kind }) => kind)).toEqual(rooms.map(() => 'owned'));
  // Some 200 bytes each, in reads of 16 KiB.
  expect((await reads()) - before).toBeLessThan(15);
});

test('[wire] connections carry the name of this life of the node', async () => {
  await ports.mailbox.open('a', () => {});
  const list = String(await raw.client('LIST'));
  const names = [...list.matchAll(/ name=(\S+) /g)].map((match) => match[1]);
  expect(names).toEqual(['rc:n%C3%B6%20de:1', 'rc:n%C3%B6%20de:1']);
});

test('[wire] a node is connected while one of its connections is there', async () => {
  const other = openRedis({ url: server.url, prefix: 'rc:', node: 'other node:1' }, silentLogger);
  await other.started;
  await expect(ports.nodes.isConnected('other node:1')).resolves.toBe(true);
  await expect(ports.nodes.isConnected('other node:2')).resolves.toBe(false);
  await other.mailbox.open('other', () => {});
  await raw.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
  await expect(ports.nodes.isConnected('other node:1')).resolves.toBe(true);
  await other.close();
  await until(async () => (await ports.nodes.isConnected('other node:1')) === false);
});

test('[wire] a Redis that keeps its list of connections to itself can’t tell who is connected', async () => {
  await raw.acl('SETUSER', 'default', '-client|list');
  await expect(ports.nodes.isConnected('nobody:1')).resolves.toBeNull();
});

test('[wire] a Redis that does not show our own name can’t tell who is connected', async () => {
  await raw.acl('SETUSER', 'default', '-client|setname');
  await raw.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(async () => (await ports.nodes.isConnected('nobody:1')) === null);
});

test('[wire] keys lie where operators look for them, and leave with their time', async () => {
  const { epoch } = owned(await ports.directory.claim(claimOf(A, { attempt: 4 })));
  await ports.log.append([append(epoch, 2, { first: 1, note: bytes('note') })]);
  await ports.snapshots.commit([
    commit(epoch, 1, { meta: bytes('m'), set: [['k', bytes('v')]], members: [[3, bytes('w')]] }),
  ]);
  await ports.sessions.open('sid', 0, TTL_MS);
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
  await ports.nodes.renew(node, TTL_MS);
  const keys = (await raw.keys('*')).sort();
  expect(keys).toEqual(['rc:{demo:1}', 'rc:{demo:1}:log', 'rc:{~node}', 'rc:{~node}:a', 'rc:~sid:sid']);
  for (const key of keys) expect(await raw.pttl(key)).toBeGreaterThan(0);
  const ownership = { owner: A, epoch: `${epoch}`, from: '0', known: `${epoch}`, attempt: '4', bringing: '0' };
  const hash = {
    ...ownership,
    at: `${epoch}`,
    rev: '1',
    seq: '1',
    top: `${epoch}-2`,
    meta: 'm',
    's:k': 'v',
    'm:3': 'w',
  };
  expect(await raw.hgetall('rc:{demo:1}')).toEqual(hash);
  expect(await raw.xrange('rc:{demo:1}:log', '-', '+')).toEqual([[`${epoch}-2`, ['f', 'frame 2', 'n', 'note']]]);
});

test('[wire] a room that never logs has no stream', async () => {
  const { epoch } = owned(await ports.directory.claim(claimOf(A, { attempt: 4 })));
  await ports.snapshots.commit([commit(epoch, 1)]);
  await ports.directory.release(ROOM, A, epoch, TTL_MS);
  expect(await raw.keys('*')).toEqual(['rc:{demo:1}']);
});

test('[wire] a commit leaves no entry in the stream that it holds itself', async () => {
  const { epoch } = owned(await ports.directory.claim(claimOf(A, { attempt: 4 })));
  await ports.log.append([append(epoch, 1), append(epoch, 2), append(epoch, 3)]);
  await ports.snapshots.commit([commit(epoch, 2)]);
  expect(await raw.xlen('rc:{demo:1}:log')).toBe(1);
  await ports.snapshots.commit([commit(epoch, 3)]);
  expect(await raw.xlen('rc:{demo:1}:log')).toBe(0);
});

test('[wire] the list of nodes forgets the dead', async () => {
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
  await ports.nodes.renew(node, TTL_MS);
  await raw.del('rc:{~node}:a');
  await ports.nodes.renew({ ...node, id: 'b' }, TTL_MS);
  expect(await raw.smembers('rc:{~node}')).toEqual(['b']);
});

test('[wire] an epoch is above the ids of a log whose room was lost', async () => {
  const ahead = Date.now() + 1_000_000;
  await raw.xadd('rc:{demo:1}:log', `${ahead}-7`, 'f', 'frame');
  await raw.xtrim('rc:{demo:1}:log', 'MAXLEN', 0);
  const { epoch } = owned(await ports.directory.claim(claimOf(A, { attempt: 4 })));
  expect(epoch).toBe(ahead + 1);
  await expect(ports.log.append([append(epoch, 1)])).resolves.toEqual(['written']);
});

test('[wire] a refused call is told from an unavailable Redis', async () => {
  await raw.set('rc:{demo:1}', 'not a hash');
  const refused = ports.directory.claim(claimOf(A));
  await expect(refused).rejects.toMatchObject({
    code: 'internal',
    cause: { message: expect.stringContaining('WRONGTYPE') },
  });
  expect(ports.state.status).toBe('up');
});

test('[wire] a room’s keys share a slot of Redis Cluster, and so do all heartbeats', () => {
  const keys = new Keys('rc:');
  expect(tag(keys.room('demo:1'))).toBe(tag(keys.log('demo:1')));
  expect(tag(keys.heartbeat('a}b{c'))).toBe(tag(keys.nodes));
  expect(tag(keys.nodes)).not.toBe(tag(keys.room('demo:1')));
});

/** The part of a key that chooses its slot, by the rule of Redis Cluster. */
function tag(key: string): string {
  return /\{([^}]+)\}/.exec(key)?.[1] ?? key;
}
