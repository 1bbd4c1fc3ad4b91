/** A dead owner's rooms are taken over long before its heartbeat runs out; cut connections alone move no room. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const COMMITTED_MS = 500;
/** A beat of the peers, two looks, and the claim. */
const EARLY_MS = 500;

let cluster: CoreCluster;
let owner: CoreNode;
let other: CoreNode;
let first: VirtualClient;
let second: VirtualClient;

beforeEach(async () => {
  cluster = new CoreCluster();
  [owner, other] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
  first = await joined(owner);
  second = await joined(other);
  first.set(ROOM, 1, { k: 'v' });
  await cluster.run(COMMITTED_MS);
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode): Promise<VirtualClient> => cluster.joined(node, ROOM);

function takeOvers(): number {
  return cluster.nodes.reduce((sum, { counters }) => sum + counters.takeOvers, 0);
}

describe('when the owner died', () => {
  test('members of another node get SYNC before its heartbeat has run out', async () => {
    owner.crash();
    await cluster.run(EARLY_MS);
    expect(second.last('sync')).toMatchObject({ me: 2, reason: 'owner' });
    expect(stateOf(second.last('sync'))).toEqual({ k: 'v' });
    expect(cluster.store.nodes.get('a')).toBeDefined();
    expect(other.counters).toMatchObject({ takeOvers: 1, takeOversEarly: 1 });
    await cluster.run(2 * NODE_TTL_MS);
    expect([other.role(ROOM), other.counters.takeOvers]).toEqual(['owner', 1]);
  });

  test('who joins gets in before its heartbeat has run out', async () => {
    second.leave(ROOM);
    await cluster.run();
    owner.crash();
    await cluster.run(EARLY_MS);
    const third = await joined(other);
    expect(third.last('joined')).toMatchObject({ me: expect.any(Number) });
    expect(other.role(ROOM)).toBe('owner');
  });

  test('nobody takes its room before its heartbeat has run out where connections are not shown', async () => {
    cluster.showsConnections = false;
    owner.crash();
    await cluster.run(NODE_TTL_MS - 1_000);
    expect(takeOvers()).toBe(0);
    await cluster.run(2_000);
    expect(other.counters).toMatchObject({ takeOvers: 1, takeOversEarly: 0 });
    expect(second.last('sync')).toMatchObject({ me: 2 });
  });

  test('a node whose store came back a moment ago takes nothing before one TTL is over', async () => {
    other.core.storeReturned();
    owner.crash();
    await cluster.run(NODE_TTL_MS - 1_000);
    expect(takeOvers()).toBe(0);
    await cluster.run(2_000);
    expect(takeOvers()).toBe(1);
  });
});

describe('when connections are cut', () => {
  test('that of the subscription alone moves no room', async () => {
    owner.disconnect();
    owner.isConnected = true;
    await cluster.run(2 * NODE_TTL_MS);
    expect(other.counters.suspicions).toBeGreaterThan(0);
    expect([takeOvers(), owner.role(ROOM), other.role(ROOM)]).toEqual([0, 'owner', 'edge']);
    second.send(ROOM, 1, 'hello');
    await cluster.run();
    expect(first.events(ROOM).at(-1)).toBe(second.events(ROOM).at(-1));
  });

  test('all of one node for a moment moves no room', async () => {
    owner.disconnect();
    other.core.membership.suspect(owner.core.key);
    await cluster.run(100);
    owner.isConnected = true;
    owner.core.storeReturned();
    await cluster.run(2 * NODE_TTL_MS);
    expect([takeOvers(), owner.role(ROOM)]).toEqual([0, 'owner']);
  });

  test('those of all nodes, which come back at their own pace, move no room', async () => {
    for (const node of cluster.nodes) {
      node.disconnect();
      node.gate.isCut = true;
    }
    await cluster.run(300);
    for (const node of [other, owner]) {
      node.gate.isCut = false;
      node.isConnected = true;
      node.core.storeReturned();
      await cluster.run(NODE_TTL_MS / 2);
    }
    await cluster.run(2 * NODE_TTL_MS);
    expect([takeOvers(), owner.role(ROOM), other.role(ROOM)]).toEqual([0, 'owner', 'edge']);
    second.send(ROOM, 1, 'hello');
    await cluster.run();
    expect(first.events(ROOM).at(-1)).toBe(second.events(ROOM).at(-1));
  });

  test('[P11] an owner presumed dead wrongly is fenced when it is back, and its members follow the room', async () => {
    owner.disconnect();
    owner.gate.isCut = true;
    first.send(ROOM, 2, 'lost');
    await cluster.run(EARLY_MS);
    expect(other.role(ROOM)).toBe('owner');
    owner.gate.isCut = false;
    owner.isConnected = true;
    owner.core.storeReturned();
    await cluster.run(2 * NODE_TTL_MS);
    expect([owner.role(ROOM), other.role(ROOM)]).toEqual(['edge', 'owner']);
    expect(other.counters.nodesBuriedAlive).toBe(1);
    expect(first.last('sync')).toMatchObject({ me: 1, cseq: 1 });
    first.send(ROOM, 2, 'hello');
    await cluster.run();
    expect(second.events(ROOM).at(-1)).toMatch(/1:hello$/);
    expect(first.events(ROOM).at(-1)).toBe(second.events(ROOM).at(-1));
  });
});
