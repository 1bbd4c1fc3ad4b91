/** Rooms that are released, brought into a cluster that was away, or left by a node that stops. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lonePorts } from '../../../src/node/store-ports.ts';
import { switchingPorts } from '../../../src/node/switching-ports.ts';
import { defineRoom } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
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

const joined = (node: CoreNode, room = ROOM, resume: string | null = null): Promise<VirtualClient> =>
  cluster.joined(node, room, resume);

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode, CoreNode];
}

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
    expect(client.last('sync')).toMatchObject({ me: client.last('joined').me, cseq: 1 });
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
    expect(second.last('error')).toMatchObject({ code: 'not-joined', room: 'scratch:1' });
    first.leave('scratch:1');
    await a.stop();
    await cluster.run(2 * NODE_TTL_MS);
    second.join('scratch:1');
    await cluster.run(2_000);
    expect(lone.role('scratch:1')).toBe('owner');
    expect(stateOf(second.last('joined'))).toEqual({});
  });
});

describe('a room that its code has closed while the log hangs', () => {
  test('[P11] is told its last events, and that it is over, before a node that stops gives its name free', async () => {
    const club = defineRoom({
      type: 'club',
      durability: 'log',
      onMessage(room) {
        room.broadcast('bye', null);
        room.close('over');
      },
    });
    await cluster.stop();
    cluster = new CoreCluster({ definitions: [club] });
    const [a, b] = await steady('a', 'b');
    const client = await joined(a, 'club:1');
    const other = await joined(b, 'club:1');
    await cluster.run(COMMITTED_MS);
    a.gate.hold('log.append');
    client.call('club:1', 1, 'close');
    await cluster.run();
    const stopped = a.stop();
    await cluster.run();
    expect(cluster.store.rooms.get('club:1')?.owner).not.toBeNull();
    a.gate.release();
    await Promise.all([stopped, cluster.run(COMMITTED_MS)]);
    expect(other.events('club:1').at(-1)).toMatch(/bye/);
    expect(other.last('closed').reason).toBe('over');
    expect(cluster.store.rooms.get('club:1')?.owner).toBeNull();
  });
});

describe('an empty room', () => {
  test('[P11] that the store forgot is brought back before it is released', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.set(ROOM, 1, { k: 'v' });
    first.leave(ROOM);
    await cluster.run(COMMITTED_MS);
    cluster.store.rooms.clear();
    await cluster.run(3 * IDLE_MS);
    expect(a.role(ROOM)).toBe('nothing');
    const second = await joined(b);
    expect(stateOf(second.last('joined'))).toEqual({ k: 'v' });
  });

  test('[P6] whose log turns out to be forgotten while it is released is brought back, and not held for ever', async () => {
    const [a] = await steady('a');
    const first = await joined(a, LOG_ROOM);
    first.set(LOG_ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    a.gate.hold('log.append');
    first.leave(LOG_ROOM);
    await cluster.run(IDLE_MS + 500);
    expect(a.role(LOG_ROOM)).toBe('releasing');
    cluster.store.rooms.clear();
    a.gate.release();
    await cluster.run(5_000);
    const second = await joined(a, LOG_ROOM);
    expect(stateOf(second.last('joined'))).toEqual({ k: 'v' });
  });

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

  test('of durability none leaves nothing but its epochs in the store', async () => {
    const [a] = await steady('a');
    const first = await joined(a, 'scratch:1');
    first.leave('scratch:1');
    await cluster.run(IDLE_MS + 1_000);
    expect(cluster.store.rooms.get('scratch:1')).toMatchObject({ owner: null, seq: null });
  });

  test('stays with what it holds while the store is away, and is written when it is back', async () => {
    const [a] = await steady('a');
    const first = await joined(a);
    a.gate.isCut = true;
    first.set(ROOM, 1, { k: 'v' });
    first.leave(ROOM);
    await cluster.run(3 * IDLE_MS);
    a.gate.isCut = false;
    await cluster.run(3 * IDLE_MS);
    expect(cluster.store.rooms.get(ROOM)?.state.get('k')).toBeDefined();
    expect(a.role(ROOM)).toBe('nothing');
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

  test("[P8] gives a dead node's room back so that numbers lost with that node are not given out again", async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a);
    await cluster.run(COMMITTED_MS);
    // In no snapshot yet when their node dies.
    const [second, third] = [await joined(a), await joined(b)];
    expect([second, third].map((client) => client.last('joined').me)).toEqual([2, 3]);
    a.crash();
    b.gate.hold('directory.claim');
    await cluster.run(2 * NODE_TTL_MS);
    const stopped = b.stop();
    b.gate.release();
    await cluster.run(1_000);
    await stopped;
    await cluster.run(2 * NODE_TTL_MS);
    const fourth = await joined(c);
    await cluster.run(NODE_TTL_MS);
    expect(fourth.last('joined').me).toBeGreaterThan(3);
  });

  test('[P11] brings back a room that the store forgot before it goes', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    cluster.store.rooms.clear();
    await Promise.all([a.stop(), cluster.run(2 * NODE_TTL_MS)]);
    expect(b.role(ROOM)).toBe('owner');
    expect(second.last('sync').me).toBe(2);
    expect(stateOf(second.last('sync'))).toEqual({ k: 'v' });
  });

  test('[P11] brings back a room whose copy it holds before it goes', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run(COMMITTED_MS);
    a.gate.failing.add('directory.claim');
    cluster.store.rooms.clear();
    first.send(ROOM, 2, 'x');
    await cluster.run(COMMITTED_MS);
    expect(a.role(ROOM)).toBe('resolving');
    a.gate.failing.clear();
    await Promise.all([a.stop(), cluster.run(2 * NODE_TTL_MS)]);
    expect(b.role(ROOM)).toBe('owner');
    expect(stateOf(second.last('sync'))).toEqual({ k: 'v' });
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
