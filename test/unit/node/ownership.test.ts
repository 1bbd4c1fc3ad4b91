/** How a room finds its owner, changes it, and is given back: take-over, release, fencing, stop, rejoin. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lonePorts } from '../../../src/node/store-ports.ts';
import { switchingPorts } from '../../../src/node/switching-ports.ts';
import { CoreCluster, type CoreNode, GRACE_MS, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const LOG_ROOM = 'ledger:1';
const IDLE_MS = 10_000;
const COMMITTED_MS = 500;

let cluster: CoreCluster;

beforeEach(() => {
  cluster = new CoreCluster();
});

afterEach(() => cluster.stop());

async function joined(node: CoreNode, room = ROOM, resume: string | null = null): Promise<VirtualClient> {
  const client = node.connect(resume);
  client.join(room);
  await cluster.run();
  return client;
}

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode, CoreNode];
}

describe('when the owner died', () => {
  test('[P18] a node with members takes the room over from its snapshot, and they get SYNC', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    first.set(ROOM, 1, { k: 'v' });
    second.send(ROOM, 1, 'one');
    await cluster.run(COMMITTED_MS);
    const before = second.last('joined');
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    const sync = second.last('sync');
    expect(sync).toMatchObject({ me: 2, cseq: 1, reason: 'owner', seq: 5 });
    expect(sync.epoch).toBeGreaterThan(before.epoch);
    expect(stateOf(sync)).toEqual({ k: 'v' });
    expect(sync.roster.map(({ member, status }) => [member, status])).toEqual([
      [1, 0],
      [2, 1],
    ]);
    second.send(ROOM, 2, 'two');
    await cluster.run();
    expect(second.events(ROOM).at(-1)).toBe('6 2:two');
  });

  test('[P10] members that nobody attaches leave after their grace time', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    a.crash();
    await cluster.run(2 * NODE_TTL_MS + GRACE_MS);
    expect(second.events(ROOM).at(-1)).toMatch(/-1 1$/);
  });

  test('[P18] one of two nodes takes over, and both have the same events after it', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a);
    const [second, third] = [await joined(b), await joined(c)];
    await cluster.run(COMMITTED_MS);
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    expect([b.role(ROOM), c.role(ROOM)].sort()).toEqual(['edge', 'owner']);
    expect(second.last('sync').epoch).toBe(third.last('sync').epoch);
    second.send(ROOM, second.last('sync').cseq + 1, 'hello');
    await cluster.run();
    expect(second.events(ROOM).at(-1)).toBe(third.events(ROOM).at(-1));
  });

  test('[P18] a log room has every done command, snapshot or not', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a, LOG_ROOM);
    const second = await joined(b, LOG_ROOM);
    first.set(LOG_ROOM, 1, { k: 'v' });
    second.send(LOG_ROOM, 1, 'one');
    await cluster.run(20);
    expect(second.events(LOG_ROOM).at(-1)).toBe('4 2:one');
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    const sync = second.last('sync');
    expect(sync).toMatchObject({ me: 2, cseq: 1, seq: 5 });
    expect(stateOf(sync)).toEqual({ k: 'v' });
  });

  test('numbers that it may have given out unsaved are not given out again', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    const second = await joined(b);
    expect(second.last('joined').me).toBe(2);
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    expect(second.last('sync').me).toBeGreaterThan(2);
  });

  test('[P8] the room goes on when its node comes back under the same id', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    a.crash();
    const again = await cluster.node('a');
    await cluster.run(2 * NODE_TTL_MS);
    const third = await joined(again);
    expect(b.role(ROOM)).toBe('owner');
    expect(third.last('joined').epoch).toBe(second.last('sync').epoch);
  });
});

describe('a living owner keeps its room', () => {
  test('that started a moment ago and is not known here yet', async () => {
    const [a] = await steady('a');
    const b = await cluster.node('b');
    const second = await joined(b);
    const first = await joined(a);
    await cluster.run(1_500);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['edge', 'owner']);
    expect(second.all('sync')).toEqual([]);
    expect(first.last('joined').me).toBe(2);
  });

  test('that came back a moment ago while its earlier life is still known here', async () => {
    const [a, b] = await steady('a', 'b');
    b.crash();
    const again = await cluster.node('b');
    const second = await joined(again);
    const first = await joined(a);
    await cluster.run(1_500);
    expect([a.role(ROOM), again.role(ROOM)]).toEqual(['edge', 'owner']);
    expect(second.all('sync')).toEqual([]);
    expect(first.last('joined').me).toBe(2);
  });

  test('from a node that was started without the store and finds it', async () => {
    const [a] = await steady('a');
    const first = await joined(a);
    first.set(ROOM, 1, { k: 'shared' });
    await cluster.run(COMMITTED_MS);
    const switching = switchingPorts(lonePorts(cluster.clock));
    const lone = await cluster.node('b', switching.ports);
    await cluster.run(2 * NODE_TTL_MS);
    const second = await joined(lone);
    second.set(ROOM, 1, { k: 'alone' });
    await cluster.run(COMMITTED_MS);
    await switching.switchTo(cluster.ports());
    lone.core.rejoin();
    await cluster.run(2_000);
    expect([a.role(ROOM), lone.role(ROOM)]).toEqual(['owner', 'edge']);
    expect(stateOf(second.last('sync'))).toEqual({ k: 'shared' });
    expect(first.all('sync')).toEqual([]);
  });
});

describe('a node that was started without the store', () => {
  test('[P14] brings a room that the store does not know, and members go on', async () => {
    const switching = switchingPorts(lonePorts(cluster.clock));
    const lone = await cluster.node('b', switching.ports);
    const client = await joined(lone);
    client.set(ROOM, 1, { k: 'alone' });
    await cluster.run(COMMITTED_MS);
    await switching.switchTo(cluster.ports());
    lone.core.rejoin();
    await cluster.run(COMMITTED_MS);
    expect(client.last('sync')).toMatchObject({ me: 1, cseq: 1 });
    expect(stateOf(client.last('sync'))).toEqual({ k: 'alone' });
    expect(cluster.store.rooms.get(ROOM)?.state.get('k')).toBeDefined();
  });

  test('does not bring its copy back later, when the room that won is over', async () => {
    const [a] = await steady('a');
    const first = await joined(a, 'scratch:1');
    const switching = switchingPorts(lonePorts(cluster.clock));
    const lone = await cluster.node('b', switching.ports);
    await cluster.run(2 * NODE_TTL_MS);
    const second = await joined(lone, 'scratch:1');
    second.set('scratch:1', 1, { k: 'alone' });
    await cluster.run();
    await switching.switchTo(cluster.ports());
    lone.core.rejoin();
    await cluster.run(2_000);
    expect(lone.role('scratch:1')).toBe('edge');
    first.leave('scratch:1');
    await a.stop();
    await cluster.run(2 * NODE_TTL_MS);
    expect(lone.role('scratch:1')).toBe('owner');
    expect(stateOf(second.last('sync'))).toEqual({});
  });
});

describe('a fenced owner', () => {
  test('[P14] gives its copy up, and its members get SYNC from the new owner', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    const second = await joined(b);
    await cluster.run(1_000);
    expect(b.role(ROOM)).toBe('owner');
    first.send(ROOM, 2, 'meanwhile');
    await cluster.run();
    a.gate.isCut = false;
    await cluster.run(10_000);
    expect(a.role(ROOM)).toBe('edge');
    expect(first.last('sync')).toMatchObject({ me: 1, cseq: 1, epoch: second.last('joined').epoch });
    first.send(ROOM, 2, 'meanwhile');
    await cluster.run();
    expect(second.events(ROOM).at(-1)).toMatch(/1:meanwhile$/);
    expect(a.counters.fenced).toBe(1);
  });
});

describe('an empty room', () => {
  test('is released when idle, and loads clean', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.set(ROOM, 1, { k: 'v' });
    first.leave(ROOM);
    await cluster.run(IDLE_MS + 1_000);
    expect(a.role(ROOM)).toBe('nothing');
    expect(cluster.store.rooms.get(ROOM)?.owner).toBeNull();
    const second = await joined(b);
    expect(second.last('joined')).toMatchObject({ me: 2, seq: 4 });
    expect(stateOf(second.last('joined'))).toEqual({ k: 'v' });
  });

  test('of durability none leaves nothing in the store', async () => {
    const [a] = await steady('a');
    const first = await joined(a, 'scratch:1');
    first.leave('scratch:1');
    await cluster.run(IDLE_MS + 1_000);
    expect(cluster.store.rooms.get('scratch:1')).toBeUndefined();
  });

  test('[P6] a JOIN that meets the release is answered', async () => {
    const [a] = await steady('a');
    const first = await joined(a);
    first.leave(ROOM);
    await cluster.run(COMMITTED_MS);
    a.gate.hold('directory.release');
    await cluster.run(IDLE_MS);
    expect(a.role(ROOM)).toBe('releasing');
    const second = a.connect();
    second.join(ROOM);
    second.send(ROOM, 1, 'hello');
    await cluster.run();
    a.gate.release();
    await cluster.run();
    expect(second.last('joined')).toMatchObject({ me: 2, cseq: 1 });
  });

  test('[P6] a JOIN from another node that meets the release is answered, its LEAVE too', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.leave(ROOM);
    await cluster.run(COMMITTED_MS);
    a.gate.hold('directory.release');
    await cluster.run(IDLE_MS);
    const [stays, goes, drops] = [b.connect(), b.connect(), b.connect()];
    for (const client of [stays, goes, drops]) client.join(ROOM);
    stays.send(ROOM, 1, 'hello');
    await cluster.run();
    goes.leave(ROOM);
    drops.drop();
    await cluster.run();
    a.gate.release();
    await cluster.run();
    expect(stays.last('joined').cseq).toBe(1);
    expect(goes.last('left').room).toBe(ROOM);
    const here = [...a.owner(ROOM).roster.members.values()].filter((member) => member.here);
    expect(here.map(({ number }) => number)).toEqual([stays.last('joined').me]);
  });
});

describe('a node that stops', () => {
  test('[P14] gives its rooms back, and the nodes of their members go on at once', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run();
    await Promise.all([a.stop(), cluster.run(500)]);
    expect(b.role(ROOM)).toBe('owner');
    expect(stateOf(second.last('sync'))).toEqual({ k: 'v' });
    expect(second.last('sync').me).toBe(2);
  });

  test('takes no room that a claim under way brings', async () => {
    const [a] = await steady('a');
    a.gate.hold('directory.claim');
    await joined(a);
    const stopped = a.stop();
    await cluster.run(1_500);
    a.gate.release();
    await cluster.run(1_500);
    await stopped;
    expect(cluster.store.rooms.get(ROOM)?.owner ?? null).toBeNull();
    expect(a.clock.timers).toBe(0);
  });

  test('ends although the log can not be written', async () => {
    const [a] = await steady('a');
    const first = await joined(a, LOG_ROOM);
    a.gate.isCut = true;
    first.send(LOG_ROOM, 1, 'x');
    await cluster.run();
    await Promise.all([a.stop(), cluster.run(30_000)]);
    expect(a.clock.timers).toBe(0);
  });
});
