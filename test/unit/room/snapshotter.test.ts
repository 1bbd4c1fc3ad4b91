/** When and what a room's owner writes, and that nothing is lost where a write fails, waits or comes second. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Commit } from '../../../src/room/ports.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const LOG_ROOM = 'ledger:1';
const DEBOUNCE_MS = 200;
const LATEST_MS = 1_000;
/** A quiet room is touched within this. */
const TOUCHED_MS = 45_000;
/** A quarter of the debounce. */
const TICK_MS = 50;

let cluster: CoreCluster;
let node: CoreNode;
/** What reached the store. */
let commits: Commit[];
/** So many of the next calls fail. */
let failures: number;

beforeEach(async () => {
  cluster = new CoreCluster();
  commits = [];
  failures = 0;
  const ports = cluster.ports();
  node = await cluster.node('a', {
    ...ports,
    snapshots: {
      commit(batch) {
        if (failures > 0 && failures--) return Promise.reject(new Error('failed by the test'));
        commits.push(...batch);
        return ports.snapshots.commit(batch);
      },
    },
  });
  // Around its start a node writes more than its rooms ask for.
  await cluster.run(2 * NODE_TTL_MS);
});

afterEach(() => cluster.stop());

async function joined(room = ROOM): Promise<VirtualClient> {
  const client = node.connect();
  client.join(room);
  await cluster.run(2 * DEBOUNCE_MS);
  commits.length = 0;
  return client;
}

function keysOf({ set }: Commit): string[] {
  return set.map(([key]) => key);
}

function storedKeys(room = ROOM): string[] {
  return [...(cluster.store.rooms.get(room)?.state.keys() ?? [])].sort();
}

describe('a commit', () => {
  test('comes when the room was quiet for the debounce', async () => {
    const client = await joined();
    client.set(ROOM, 1, { a: '1' });
    await cluster.run(DEBOUNCE_MS - TICK_MS);
    client.set(ROOM, 2, { b: '1' });
    await cluster.run(DEBOUNCE_MS - TICK_MS);
    expect(commits).toEqual([]);
    await cluster.run(2 * TICK_MS);
    expect(commits.map(keysOf)).toEqual([['a', 'b']]);
  });

  test('comes at the latest a second after the first change', async () => {
    const client = await joined();
    for (let i = 1; i * 100 <= LATEST_MS + 2 * TICK_MS; i++) {
      client.set(ROOM, i, { [`k${i}`]: '1' });
      await cluster.run(100);
    }
    expect(commits).toHaveLength(1);
  });

  test('writes what changed and no more', async () => {
    const client = await joined();
    client.set(ROOM, 1, { a: '1', b: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    commits.length = 0;
    client.set(ROOM, 2, { b: '2', c: '1' }, ['a']);
    await cluster.run(2 * DEBOUNCE_MS);
    expect(commits.map(keysOf)).toEqual([['b', 'c']]);
    expect(commits[0]).toMatchObject({ del: ['a'], whole: false, seq: 3 });
    expect(commits[0]?.members.map(([number]) => number)).toEqual([1]);
  });

  test('of several rooms is one call', async () => {
    const client = await joined();
    client.join('demo:2');
    client.set(ROOM, 1, { a: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    expect(commits.map(({ room }) => room)).toEqual([ROOM, 'demo:2']);
    expect(node.counters.commitsFailed).toBe(0);
  });

  test('[P14] touches quiet rooms, so that one which is another owner’s by now is given up', async () => {
    const clients = [await joined(), await joined('scratch:1')];
    await cluster.run(TOUCHED_MS);
    expect(commits.map(({ room }) => room).sort()).toEqual([ROOM, 'scratch:1']);
    expect(commits[0]).toMatchObject({ set: [], del: [], members: [] });
    expect(clients.map(({ closed }) => closed)).toEqual([null, null]);
  });
});

describe('where the store is away', () => {
  test('what was taken is written later, with what came meanwhile', async () => {
    const client = await joined();
    node.gate.failing.add('snapshots.commit');
    client.set(ROOM, 1, { a: '1', b: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    client.set(ROOM, 2, { c: '1' }, ['b']);
    await cluster.run(2 * DEBOUNCE_MS);
    expect(storedKeys()).toEqual([]);
    node.gate.failing.clear();
    await cluster.run(10_000);
    expect(storedKeys()).toEqual(['a', 'c']);
    expect(commits).toHaveLength(1);
  });

  test('the marks of a long outage are bounded, and the whole room is written after it', async () => {
    const client = await joined();
    client.set(ROOM, 1, { old: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    node.gate.failing.add('snapshots.commit');
    for (let i = 0; i < 300; i++) {
      const keys = Array.from({ length: 100 }, (_, k) => `k${i}-${k}`);
      client.set(ROOM, 2 + i, Object.fromEntries(keys.map((key) => [key, ''])), i < 299 ? keys : []);
      await cluster.run(20);
    }
    expect(node.owner(ROOM).state.dirty.size).toBeLessThan(20_000);
    node.gate.failing.clear();
    await cluster.run(10_000);
    expect(storedKeys()).toHaveLength(101);
  });
});

describe('where the store is back', () => {
  test('every room is written whole: it may have lost what it took before', async () => {
    const client = await joined();
    client.set(ROOM, 1, { a: '1', b: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    client.set(ROOM, 2, { b: '2' });
    await cluster.run(2 * DEBOUNCE_MS);
    // A replica that lagged by that commit has become the store.
    const lagging = cluster.store.rooms.get(ROOM);
    lagging?.state.delete('a');
    lagging?.members.clear();
    node.core.storeReturned();
    await cluster.run(2 * DEBOUNCE_MS);
    expect(storedKeys()).toEqual(['a', 'b']);
    expect(lagging?.members.size).toBe(1);
    expect(node.counters.fenced).toBe(0);
  });

  test('rooms are written a few hundred at a time', async () => {
    const rooms = Array.from({ length: 16 * 150 }, (_, i) => `demo:${i}`);
    for (let i = 0; i < rooms.length; i += 16) {
      const client = node.connect();
      for (const room of rooms.slice(i, i + 16)) client.join(room);
      await cluster.run();
    }
    await cluster.run(2 * LATEST_MS);
    commits.length = 0;
    node.gate.hold('snapshots.commit');
    node.core.storeReturned();
    await cluster.run(2 * LATEST_MS);
    node.gate.release();
    await cluster.run();
    expect(commits).toHaveLength(1024);
    await cluster.run(2 * LATEST_MS);
    expect(commits.filter(({ whole }) => whole)).toHaveLength(rooms.length);
  });
});

describe('a room that the store refuses', () => {
  test('keeps no other from being written, is tried with back-off, and is written in the end', async () => {
    const client = await joined();
    client.join('demo:2');
    await cluster.run(2 * DEBOUNCE_MS);
    cluster.store.refused.add(ROOM);
    commits.length = 0;
    for (let i = 1; i <= 100; i++) {
      client.set(ROOM, i, { [`k${i}`]: '1' }, [`k${i - 1}`]);
      client.set('demo:2', i, { [`k${i}`]: '1' });
      await cluster.run(100);
    }
    await cluster.run(2 * DEBOUNCE_MS);
    expect(storedKeys('demo:2')).toHaveLength(100);
    const tries = commits.filter(({ room }) => room === ROOM).length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(20);
    expect(node.counters.commitsFailed).toBe(tries);
    cluster.store.refused.clear();
    await cluster.run(10_000);
    expect(storedKeys()).toEqual(['k100']);
  });

  test('is given up only when its last changes are written', async () => {
    const client = await joined();
    client.set(ROOM, 1, { a: '1' });
    client.leave(ROOM);
    await cluster.run();
    cluster.store.refused.add(ROOM);
    await cluster.run(60_000);
    expect(node.role(ROOM)).toBe('releasing');
    cluster.store.refused.clear();
    await cluster.run(5_000);
    expect(node.role(ROOM)).toBe('nothing');
    expect(storedKeys()).toEqual(['a']);
  });
});

describe('while a commit is under way', () => {
  test('no second one of the same room begins, and changes wait for the next', async () => {
    const client = await joined();
    node.gate.hold('snapshots.commit');
    client.set(ROOM, 1, { a: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    client.set(ROOM, 2, { a: '2', b: '1' });
    await cluster.run(2 * LATEST_MS);
    node.gate.release();
    await cluster.run(2 * DEBOUNCE_MS);
    expect(commits.map(keysOf)).toEqual([['a'], ['a', 'b']]);
  });

  test('one that fails after the room was given up has lost nothing', async () => {
    const client = await joined();
    node.gate.hold('snapshots.commit');
    client.set(ROOM, 1, { a: '1' });
    await cluster.run(2 * DEBOUNCE_MS);
    const stopped = node.stop();
    await cluster.run();
    failures = 1;
    node.gate.release();
    await cluster.run();
    await stopped;
    expect(commits.map(({ whole }) => whole)).toEqual([false, true]);
    expect(storedKeys()).toEqual(['a']);
  });
});

describe('durability', () => {
  test('none writes nothing, and keeps no marks of what it would write', async () => {
    const client = await joined('scratch:1');
    for (let i = 1; i <= 20; i++) client.set('scratch:1', i, { [`k${i}`]: '1' }, [`k${i}`]);
    await cluster.run(2 * LATEST_MS);
    expect(commits).toEqual([]);
    expect(node.owner('scratch:1').state.dirty.size).toBe(0);
    expect(node.owner('scratch:1').roster.dirty.size).toBe(0);
  });

  test('[P18] log: no snapshot says that a command is done whose event the log does not hold', async () => {
    const other = await cluster.node('b');
    await cluster.run(2 * NODE_TTL_MS);
    const client = await joined(LOG_ROOM);
    node.gate.hold('log.append');
    client.send(LOG_ROOM, 1, 'unheard');
    await cluster.run(2 * LATEST_MS);
    node.crash();
    await cluster.run(NODE_TTL_MS);
    const again = other.connect(client.resume);
    again.join(LOG_ROOM);
    await cluster.run(2 * NODE_TTL_MS);
    if (again.all('joined').length === 0) again.join(LOG_ROOM);
    await cluster.run(1_000);
    expect(again.last('joined')).toMatchObject({ me: 1, cseq: 0 });
  });

  test('[P18] log: the log is trimmed to what the snapshot does not hold', async () => {
    const client = await joined(LOG_ROOM);
    client.send(LOG_ROOM, 1, 'one');
    await cluster.run();
    expect(cluster.store.rooms.get(LOG_ROOM)?.log).toHaveLength(1);
    await cluster.run(2 * DEBOUNCE_MS);
    expect(cluster.store.rooms.get(LOG_ROOM)?.log).toEqual([]);
    expect(cluster.store.rooms.get(LOG_ROOM)?.seq).toBe(2);
  });

  test('[P18] log: a room under constant load is written all the same', async () => {
    const client = await joined(LOG_ROOM);
    for (let i = 1; i <= 150; i++) {
      client.send(LOG_ROOM, i, 'x');
      await cluster.run(10);
    }
    expect(commits.length).toBeGreaterThan(0);
  });
});
