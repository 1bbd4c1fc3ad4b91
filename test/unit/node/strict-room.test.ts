/** [strict] A room that must never have two owners: what it gives up for that, and how it goes on. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lonePorts } from '../../../src/node/store-ports.ts';
import { switchingPorts } from '../../../src/node/switching-ports.ts';
import { defineRoom, type RoomOptions } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, GRACE_MS, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'duel:1';
const LOG_ROOM = 'bank:1';
const OPEN_ROOM = 'demo:1';
const COMMITTED_MS = 500;
const EARLY_MS = 500;
/** From the last renewal before a cut until the lease is over, at most. */
const LEASE_MS = 0.9 * NODE_TTL_MS;

let cluster: CoreCluster;
let ticks: number;

function strictRoom(options: RoomOptions): ReturnType<typeof defineRoom> {
  return defineRoom({
    ...options,
    onPartition: 'strict',
    ticksPerSec: 10,
    onTick: () => void ticks++,
    onMessage(room, member, type) {
      room.state.set('last', type);
      room.broadcast(type, member.number);
    },
  });
}

beforeEach(() => {
  ticks = 0;
  cluster = new CoreCluster({
    definitions: [strictRoom({ type: 'duel' }), strictRoom({ type: 'bank', durability: 'log' })],
  });
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode, room = ROOM, resume: string | null = null): Promise<VirtualClient> =>
  cluster.joined(node, room, resume);

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode];
}

function cut(node: CoreNode): void {
  node.gate.isCut = true;
}

/** As after a break of the connection for commands. */
async function mend(node: CoreNode): Promise<void> {
  node.gate.isCut = false;
  node.core.storeReturned();
  await cluster.run(COMMITTED_MS);
}

function messages(client: VirtualClient, room = ROOM): string[] {
  return client.events(room).filter((event) => event.includes(':'));
}

describe('[strict] while its node can not renew its heartbeat', () => {
  let a: CoreNode;
  let client: VirtualClient;

  beforeEach(async () => {
    [a] = await steady('a');
    client = await joined(a);
    client.call(ROOM, 1, 'before');
    await cluster.run(COMMITTED_MS);
    cut(a);
  });

  test('goes on until the lease is over', async () => {
    await cluster.run(LEASE_MS - 1_000);
    client.call(ROOM, 2, 'within');
    await cluster.run();
    expect(messages(client)).toHaveLength(2);
  });

  test('then answers commands and joins with unavailable, and says nothing', async () => {
    await cluster.run(LEASE_MS);
    const [events, before] = [messages(client).length, ticks];
    client.call(ROOM, 2, 'late');
    const other = await joined(a);
    await cluster.run(5_000);
    expect(client.last('error')).toMatchObject({ code: 'unavailable', cseq: 2, retry: true });
    expect(other.last('error')).toMatchObject({ code: 'unavailable', room: ROOM });
    expect([messages(client).length, ticks]).toEqual([events, before]);
  });

  test('a room of onPartition available goes on', async () => {
    await cluster.run(LEASE_MS);
    client.join(OPEN_ROOM);
    await mend(a);
    cut(a);
    await cluster.run(2 * LEASE_MS);
    client.send(OPEN_ROOM, 1, 'hello');
    await cluster.run();
    expect(client.events(OPEN_ROOM).at(-1)).toMatch(/1:hello$/);
  });

  test('is claimed again when the heartbeat is back, and its members go on', async () => {
    const { epoch } = client.last('joined');
    await cluster.run(2 * NODE_TTL_MS);
    await mend(a);
    client.call(ROOM, 2, 'after');
    await cluster.run(COMMITTED_MS);
    expect(messages(client)).toHaveLength(2);
    expect(a.owner(ROOM).epoch).toBeGreaterThan(epoch);
    expect(client.all('sync')).toMatchObject([{ me: 1, cseq: 1, reason: 'owner' }]);
    expect(ticks).toBeGreaterThan(0);
  });

  test('a blip that ends within the lease changes nothing', async () => {
    const { epoch } = client.last('joined');
    await cluster.run(1_000);
    await mend(a);
    expect(a.owner(ROOM).epoch).toBe(epoch);
  });

  test('[P10] a member that is away keeps its place, and has its grace time behind it', async () => {
    await cluster.run(LEASE_MS);
    const { resume } = client;
    client.drop();
    await cluster.run(2 * GRACE_MS);
    await mend(a);
    const again = await joined(a, ROOM, resume);
    expect(again.last('joined')).toMatchObject({ me: 1 });
    again.drop();
    await cluster.run(GRACE_MS + 1_000);
    expect(cluster.store.rooms.get(ROOM)?.members.size).toBe(0);
  });

  test('a room that nobody owns yet is not opened', async () => {
    await cluster.run(LEASE_MS);
    const other = await joined(a, 'duel:2');
    await cluster.run(5_000);
    expect(other.last('error')).toMatchObject({ code: 'unavailable', room: 'duel:2' });
    expect(a.role('duel:2')).not.toBe('owner');
  });
});

describe('[strict] when its owner is gone', () => {
  test('is taken over when the heartbeat has run out, and not before', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    for (const client of [first, second]) client.join(OPEN_ROOM);
    first.call(ROOM, 1, 'one');
    await cluster.run(COMMITTED_MS);
    a.crash();
    await cluster.run(EARLY_MS);
    expect([b.role(OPEN_ROOM), b.role(ROOM)]).toEqual(['owner', 'edge']);
    const third = await joined(b);
    await cluster.run(NODE_TTL_MS + 1_500);
    expect(b.role(ROOM)).toBe('owner');
    expect(second.last('sync')).toMatchObject({ me: 2, reason: 'owner' });
    third.join(ROOM);
    await cluster.run(1_000);
    expect(third.last('joined').room).toBe(ROOM);
    expect(b.counters).toMatchObject({ takeOvers: 2, takeOversEarly: 1 });
  });

  test('a join meanwhile is told to try again', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    a.crash();
    await cluster.run(EARLY_MS);
    const second = await joined(b);
    await cluster.run(1_500);
    expect(second.last('error')).toMatchObject({ code: 'unavailable', retry: true, room: ROOM });
    await cluster.run(NODE_TTL_MS);
    second.join(ROOM);
    await cluster.run(1_500);
    expect(second.last('joined').room).toBe(ROOM);
  });

  test('is taken over when a newer life of its node has been there for one TTL', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    a.crash();
    await cluster.node('a');
    await cluster.run(NODE_TTL_MS - 500);
    expect(b.role(ROOM)).toBe('edge');
    await cluster.run(NODE_TTL_MS);
    expect(b.role(ROOM)).toBe('owner');
    expect(second.last('sync')).toMatchObject({ me: 2 });
  });

  test('[P11] one that only lost the store has fallen silent by then, and follows', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    cut(a);
    await cluster.run(LEASE_MS - 1_000);
    first.call(ROOM, 1, 'lost');
    await cluster.run(2 * NODE_TTL_MS);
    first.call(ROOM, 2, 'refused');
    expect(first.last('error')).toMatchObject({ code: 'unavailable', cseq: 2 });
    expect(b.role(ROOM)).toBe('owner');
    await mend(a);
    expect(a.role(ROOM)).toBe('edge');
    expect(first.last('sync')).toMatchObject({ me: 1, cseq: 0 });
    second.call(ROOM, 1, 'hello');
    await cluster.run();
    expect(messages(first).at(-1)).toBe(messages(second).at(-1));
  });

  test('[P11] a take-over that was decided on before the owner came back changes nothing after it', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const second = await joined(b);
    await cluster.run(COMMITTED_MS);
    cut(a);
    await cluster.run(LEASE_MS - 1_000);
    const { claims } = b.counters;
    b.gate.hold('directory.claim');
    while (b.counters.claims === claims) await cluster.run(100);
    // The first one looks, the second names the dead owner.
    b.gate.release();
    b.gate.hold('directory.claim');
    await cluster.run(100);
    expect(b.counters.claims).toBe(claims + 2);
    await mend(a);
    const { epoch } = a.owner(ROOM);
    b.gate.release();
    await cluster.run(COMMITTED_MS);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['owner', 'edge']);
    expect(a.owner(ROOM).epoch).toBe(epoch);
    first.call(ROOM, 1, 'hello');
    await cluster.run(COMMITTED_MS);
    expect(messages(second).at(-1)).toBe(messages(first).at(-1));
  });
});

describe('[strict] a frame that waits for the log when the lease ends', () => {
  test('[P18] is told only after the room was claimed again', async () => {
    const [a] = await steady('a');
    const client = await joined(a, LOG_ROOM);
    await cluster.run(COMMITTED_MS);
    a.gate.failing.add('nodes.renew');
    await cluster.run(LEASE_MS - 1_000);
    a.gate.hold('log.append');
    client.call(LOG_ROOM, 1, 'held');
    await cluster.run(NODE_TTL_MS);
    a.gate.release();
    await cluster.run(COMMITTED_MS);
    expect(messages(client, LOG_ROOM)).toEqual([]);
    a.gate.failing.clear();
    await cluster.run(2_000);
    expect(messages(client, LOG_ROOM)).toHaveLength(1);
    expect(client.last('sync')).toMatchObject({ me: 1, cseq: 1 });
    expect(stateOf(client.last('sync'))).toHaveProperty('last');
  });
});

describe('[strict] at a node that serves alone', () => {
  test('is served where no store is configured', async () => {
    const lone = await cluster.node('a', lonePorts(cluster.clock), 'alone');
    const client = await joined(lone);
    client.call(ROOM, 1, 'hello');
    await cluster.run();
    expect(messages(client)).toHaveLength(1);
  });

  test('is not served where others may be there, until the store is', async () => {
    const switching = switchingPorts(lonePorts(cluster.clock));
    const lone = await cluster.node('a', switching.ports, 'cut-off');
    await cluster.run(2 * NODE_TTL_MS);
    const client = await joined(lone);
    await cluster.run(2_000);
    expect(client.last('error')).toMatchObject({ code: 'unavailable', room: ROOM });
    await switching.switchTo(cluster.ports());
    lone.standing = 'shared';
    lone.core.rejoin();
    await cluster.run(COMMITTED_MS);
    client.join(ROOM);
    await cluster.run(COMMITTED_MS);
    expect(client.last('joined').room).toBe(ROOM);
  });
});
