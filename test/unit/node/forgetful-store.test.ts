/** A store that loses what it was told: restarted empty, or an older replica took over. There is one history after it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { StoredRoom } from '../../../src/cluster/memory-store.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const LOG_ROOM = 'ledger:1';
const COMMITTED_MS = 500;

let cluster: CoreCluster;

beforeEach(() => {
  cluster = new CoreCluster();
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode, room = ROOM): Promise<VirtualClient> => cluster.joined(node, room);

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode, CoreNode];
}

/** What the store has of the room now; given back to it, it is the replica that had not heard the rest. */
function replica(room = ROOM): StoredRoom {
  const stored = cluster.store.rooms.get(room);
  if (!stored) throw new Error(`the store does not know ${room}`);
  return { ...stored, state: new Map(stored.state), members: new Map(stored.members), log: [...stored.log] };
}

/** All connections break, and when they are back the store is as `change` has made it. */
async function outage(change: () => void): Promise<void> {
  for (const node of cluster.nodes) node.gate.isCut = true;
  await cluster.run(1_500);
  change();
  for (const node of cluster.nodes) node.gate.isCut = false;
  await cluster.run(2 * NODE_TTL_MS);
}

describe('restarted empty', () => {
  test.each([ROOM, LOG_ROOM, 'scratch:1'])('[P11] %s goes on from what its owner has', async (room) => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a, room), await joined(b, room)];
    first.set(room, 1, { k: 'v' });
    second.send(room, 1, 'one');
    await cluster.run(COMMITTED_MS);
    const { seq } = a.owner(room).feed;
    first.send(room, 2, 'two');
    await cluster.run();
    await outage(() => cluster.store.clear());
    expect([a.role(room), b.role(room)]).toEqual(['owner', 'edge']);
    expect(a.counters.copiesBrought).toBe(1);
    for (const client of [first, second]) {
      const sync = client.last('sync');
      expect(sync.seq).toBeGreaterThanOrEqual(seq);
      expect(stateOf(sync)).toEqual({ k: 'v' });
    }
    second.send(room, 2, 'three');
    await cluster.run();
    for (const client of [first, second]) expect(client.events(room).at(-1)).toMatch(/2:three$/);
  });

  test('[P18] the copy is in the store before anybody hears of its new epoch', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a, LOG_ROOM), await joined(b, LOG_ROOM)];
    second.send(LOG_ROOM, 1, 'one');
    await cluster.run(COMMITTED_MS);
    cluster.store.clear();
    a.gate.hold('snapshots.commit');
    first.send(LOG_ROOM, 1, 'two');
    await cluster.run(COMMITTED_MS);
    expect(first.all('sync')).toEqual([]);
    a.gate.release();
    await cluster.run(COMMITTED_MS);
    expect(first.last('sync').epoch).toBe(a.owner(LOG_ROOM).epoch);
    a.crash();
    await cluster.run(3 * NODE_TTL_MS);
    expect(second.last('sync')).toMatchObject({ cseq: 1, reason: 'owner' });
    expect(b.owner(LOG_ROOM).roster.size).toBe(2);
  });

  test('[P15] a command that waited for the log is told once the copy is written', async () => {
    const [a, b] = await steady('a', 'b');
    const [client, elsewhere] = [await joined(a, LOG_ROOM), await joined(b, LOG_ROOM)];
    await cluster.run(COMMITTED_MS);
    cluster.store.clear();
    client.send(LOG_ROOM, 1, 'waiting');
    await cluster.run(COMMITTED_MS);
    for (const each of [client, elsewhere]) {
      expect(each.events(LOG_ROOM).filter((event) => event.endsWith('1:waiting'))).toHaveLength(1);
      const frames = each.frames.map(({ op }) => op);
      expect(frames.lastIndexOf('sync')).toBeGreaterThan(frames.indexOf('events'));
    }
    expect(client.last('sync')).toMatchObject({ cseq: 1 });
  });

  test('[P11] the copy stays while the store is away, and while its answers are lost', async () => {
    const [a] = await steady('a', 'b');
    const client = await joined(a);
    client.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    cluster.store.clear();
    a.gate.failing.add('snapshots.commit');
    client.set(ROOM, 2, { l: 'w' });
    await cluster.run(4_000);
    a.gate.failing.clear();
    a.gate.isCut = true;
    await cluster.run(4_000);
    a.gate.isCut = false;
    await cluster.run(6_000);
    expect(stateOf(client.last('sync'))).toEqual({ k: 'v', l: 'w' });
  });

  test('[P11] a room that nobody writes to is found to be forgotten when the store comes back', async () => {
    const [a] = await steady('a', 'b');
    const client = await joined(a);
    client.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    cluster.store.clear();
    a.gate.isCut = false;
    await cluster.run(2 * NODE_TTL_MS);
    expect(stateOf(client.last('sync'))).toEqual({ k: 'v' });
    expect(cluster.store.rooms.get(ROOM)?.state.size).toBe(1);
  });

  test('[P11] a room that was begun empty meanwhile gives way, and it stays so', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    cluster.store.clear();
    const second = await joined(b);
    second.set(ROOM, 1, { k: 'begun' });
    await cluster.run(COMMITTED_MS);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['owner', 'owner']);
    first.send(ROOM, 2, 'still here');
    await cluster.run(COMMITTED_MS);
    second.send(ROOM, 2, 'me too');
    await cluster.run(4 * NODE_TTL_MS);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['owner', 'nothing']);
    expect(second.last('error')).toMatchObject({ code: 'not-joined', room: ROOM });
    expect(stateOf(first.last('sync'))).toEqual({ k: 'v' });
    expect([a.counters.copiesBrought, b.counters.copiesBrought]).toEqual([1, 0]);
  });

  test('[P11] of two that hold a copy the one that took over wins, and it stays so', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    await cluster.run(COMMITTED_MS);
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    second.set(ROOM, second.last('sync').cseq + 1, { k: 'new' });
    await cluster.run(COMMITTED_MS);
    // The owner that stood aside is the first that comes back to the empty store.
    cluster.store.clear();
    a.gate.isCut = false;
    first.set(ROOM, 1, { k: 'old' });
    await cluster.run(100);
    second.send(ROOM, second.last('sync').cseq + 2, 'again');
    await cluster.run(4 * NODE_TTL_MS);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['edge', 'owner']);
    for (const client of [first, second]) expect(stateOf(client.last('sync'))).toEqual({ k: 'new' });
    expect(a.counters.copiesBrought + b.counters.copiesBrought).toBeLessThanOrEqual(2);
  });
});

describe('failed over to a replica that lagged', () => {
  test('[P11] the owner that the replica never heard of wins over the one before it', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    const older = replica();
    // The first owner stands still; the second takes over, and its room moves on.
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    expect(b.role(ROOM)).toBe('owner');
    second.set(ROOM, second.last('sync').cseq + 1, { k: 'new' });
    await cluster.run(COMMITTED_MS);
    await outage(() => cluster.store.rooms.set(ROOM, older, 60_000));
    expect([a.role(ROOM), b.role(ROOM)].sort()).toEqual(['edge', 'owner']);
    for (const client of [first, second]) expect(stateOf(client.last('sync'))).toEqual({ k: 'new' });
    expect(first.last('sync').epoch).toBe(second.last('sync').epoch);
  });

  /** The replica names an owner before. That one knows its successor, which has nothing to write and lost no connection. */
  async function misled(): Promise<[CoreNode, CoreNode, CoreNode]> {
    const nodes = await steady('a', 'b', 'c');
    const [a, b] = nodes;
    await joined(b);
    await joined(a);
    await cluster.run(COMMITTED_MS);
    cluster.store.rooms.set(ROOM, { ...replica(), owner: a.core.key }, 60_000);
    return nodes;
  }

  test('[P6] a JOIN that the replica sends to an owner before makes the owner look', async () => {
    const [a, b, c] = await misled();
    await joined(c);
    await cluster.run(2_000);
    const third = await joined(c);
    expect(third.last('joined').me).toBeGreaterThan(2);
    expect([a.role(ROOM), b.role(ROOM), c.role(ROOM)].sort()).toEqual(['edge', 'edge', 'owner']);
  });

  test('[P6] a JOIN that is sent to and fro is refused, and the store is not asked on and on', async () => {
    const [, b, c] = await misled();
    b.gate.failing.add('snapshots.commit');
    const third = await joined(c);
    await cluster.run(2_000);
    expect(c.counters.claims).toBeLessThan(10);
    expect(third.last('error')).toMatchObject({ code: 'unavailable', retry: true });
    expect(b.role(ROOM)).toBe('owner');
  });

  test('[P12] the epoch grows although the clock of the replica is behind', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    await cluster.run(COMMITTED_MS);
    cluster.store.clear();
    cluster.clock.stepWall(-600_000);
    first.send(ROOM, 1, 'one');
    await cluster.run(2 * NODE_TTL_MS);
    for (const client of [first, second]) {
      const epochs = [client.last('joined').epoch, client.last('sync').epoch] as const;
      expect(epochs[1]).toBeGreaterThan(epochs[0]);
    }
  });
});

test('[P12] a node that had given a room up goes above the epoch that it had', async () => {
  const [a] = await steady('a', 'b');
  const first = await joined(a);
  const before = first.last('joined').epoch;
  first.leave(ROOM);
  await cluster.run(30_000);
  expect(a.role(ROOM)).toBe('nothing');
  cluster.store.rooms.clear();
  cluster.clock.stepWall(-600_000);
  const again = await joined(a);
  await cluster.run(COMMITTED_MS);
  expect(again.last('joined').epoch).toBeGreaterThan(before);
});

describe('a node that stood still', () => {
  test('[P11] does not bring back a room that was closed meanwhile', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a, 'scratch:1');
    const second = await joined(b, 'scratch:1');
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    second.leave('scratch:1');
    await cluster.run(30_000);
    expect(b.role('scratch:1')).toBe('nothing');
    a.gate.isCut = false;
    await cluster.run(2 * NODE_TTL_MS);
    expect(a.counters.copiesBrought).toBe(0);
  });
});

test('[P6] a room whose record can not be read is refused, and opens when it can', async () => {
  const [a] = await steady('a', 'b');
  const first = await joined(a);
  first.set(ROOM, 1, { k: 'v' });
  await cluster.run(COMMITTED_MS);
  first.leave(ROOM);
  await cluster.run(30_000);
  expect(a.role(ROOM)).toBe('nothing');
  const stored = cluster.store.rooms.get(ROOM);
  const meta = stored?.meta ?? null;
  if (stored) stored.meta = new Uint8Array([0xc1]);
  const second = a.connect();
  second.join(ROOM);
  await cluster.run(3_000);
  expect(second.last('error')).toMatchObject({ code: 'unavailable', room: ROOM });
  if (stored) stored.meta = meta;
  second.join(ROOM);
  await cluster.run(3_000);
  expect(stateOf(second.last('joined'))).toEqual({ k: 'v' });
});
