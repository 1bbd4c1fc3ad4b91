/** The peaceful end of a node: where its rooms and clients go, and when it is over. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const DRAIN_MS = 30_000;

let cluster: CoreCluster;

beforeEach(() => {
  cluster = new CoreCluster();
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode, room: string, resume: string | null = null): Promise<VirtualClient> =>
  cluster.joined(node, room, resume);

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode, CoreNode];
}

/** A drain under way, with when it ended. */
function drain(node: CoreNode): { readonly endedAfterMs: number | null } {
  const startedAt = cluster.clock.now();
  const drained: { endedAfterMs: number | null } = { endedAfterMs: null };
  void node.core.drain().then(() => {
    drained.endedAfterMs = cluster.clock.now() - startedAt;
  });
  return drained;
}

/** As a good client does: it comes to the other node when it was asked to. */
async function follow(client: VirtualClient, to: CoreNode): Promise<VirtualClient> {
  const { afterMs } = client.last('goaway');
  await cluster.run(afterMs);
  client.drop();
  return to.connect(client.resume);
}

describe('rooms', () => {
  test('go to the node with most of their members', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a, 'demo:1');
    await joined(b, 'demo:1');
    await joined(c, 'demo:1');
    await joined(c, 'demo:1');
    await joined(a, 'demo:2');
    await joined(b, 'demo:2');
    drain(a);
    await cluster.run(500);
    expect(c.role('demo:1')).toBe('owner');
    expect(b.role('demo:2')).toBe('owner');
    expect(a.role('demo:1')).toBe('edge');
  });

  test('that nobody else has members of go to the nodes with the fewest rooms', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    for (let i = 1; i <= 2; i++) await joined(b, `demo:b${i}`);
    for (let i = 1; i <= 6; i++) await joined(a, `demo:a${i}`);
    await cluster.run(1_000);
    drain(a);
    await cluster.run(500);
    const given = [b, c].map((node) => [1, 2, 3, 4, 5, 6].filter((i) => node.role(`demo:a${i}`) === 'owner').length);
    expect(given).toEqual([2, 4]);
  });

  test('that are empty are released, those of durability none stay to the end', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a, 'demo:1'), await joined(a, 'scratch:1')];
    await joined(b, 'scratch:1');
    first.leave('demo:1');
    drain(a);
    await cluster.run(500);
    expect(a.role('demo:1')).toBe('nothing');
    expect(cluster.store.rooms.get('demo:1')).toMatchObject({ owner: null });
    expect(a.role('scratch:1')).toBe('owner');
    expect(second.all('sync')).toEqual([]);
  });

  test('do not go to a node that drains as well', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a, 'demo:1');
    await joined(b, 'demo:1');
    drain(b);
    await cluster.run(50);
    drain(a);
    await cluster.run(500);
    expect(c.role('demo:1')).toBe('owner');
  });

  test('do not go to one that has stopped, from one that has not been there for long', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(b, 'demo:1');
    await cluster.run(1_000);
    const young = await cluster.node('c');
    const last = await joined(young, 'demo:2');
    await Promise.all([a.stop(), cluster.run(100)]);
    drain(young);
    await cluster.run(500);
    expect(b.role('demo:2')).toBe('owner');
    expect(last.last('sync').epoch).toBe(b.owner('demo:2').epoch);
  });

  test('that come here meanwhile go on: a late JOIN, or from another node that drains', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const first = await joined(a, 'demo:1');
    drain(a);
    await cluster.run(500);
    first.join('demo:2');
    await cluster.run(500);
    expect(first.last('sync').room).toBe('demo:2');
    expect(a.role('demo:2')).toBe('edge');
    const owner = [b, c].find((node) => node.role('demo:2') === 'owner') as CoreNode;
    await owner.core.registry.get('demo:2')?.handOver(a.core.key);
    await cluster.run(500);
    expect(a.role('demo:2')).toBe('edge');
  });

  test('[P11] the next node after the last one goes: the room goes around, whole', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const last = await joined(c, 'ledger:1');
    for (const [i, node] of [a, b].entries()) {
      const client = await joined(node, 'ledger:1');
      client.set('ledger:1', 1, { [`k${i}`]: 'v' });
      await cluster.run();
      drain(node);
      await cluster.run(500);
      await follow(client, c);
      await cluster.run(500);
      await Promise.all([node.stop(), cluster.run(500)]);
    }
    expect(c.role('ledger:1')).toBe('owner');
    expect(stateOf({ state: new Map([...c.owner('ledger:1').state.entries()]) })).toEqual({ k0: 'v', k1: 'v' });
    expect(last.all('error')).toEqual([]);
  });
});

describe('clients', () => {
  test('are asked to come again when the rooms have gone, spread over a while', async () => {
    const [a, b] = await steady('a', 'b');
    const clients: VirtualClient[] = [];
    for (let i = 0; i < 20; i++) clients.push(await joined(a, 'demo:1'));
    drain(a);
    await cluster.run(500);
    expect(b.role('demo:1')).toBe('owner');
    const waits = clients.map((client) => client.last('goaway').afterMs);
    expect(new Set(waits).size).toBeGreaterThan(10);
    expect(Math.max(...waits)).toBeLessThan(100);
    for (const client of clients) expect(client.all('goaway')).toHaveLength(1);
    const kinds = (clients[0] as VirtualClient).frames.map(({ op }) => op);
    expect(kinds.indexOf('goaway')).toBeGreaterThan(kinds.indexOf('sync'));
  });

  test('[P7] that follow miss nothing, and the drain ends when they have gone', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a, 'demo:1'), await joined(b, 'demo:1')];
    const drained = drain(a);
    await cluster.run(300);
    const sync = first.last('sync');
    const again = await follow(first, b);
    second.send('demo:1', second.last('sync').cseq + 1, 'meanwhile');
    await cluster.run();
    again.join('demo:1', { epoch: sync.epoch, seq: sync.seq });
    await cluster.run(500);
    expect(again.last('joined')).toMatchObject({ roster: null, seq: sync.seq, me: 1 });
    expect(again.events('demo:1').join()).toContain('2:meanwhile');
    expect(drained.endedAfterMs).toBeLessThan(1_000);
  });

  test('that come in while it drains are asked, too', async () => {
    const [a] = await steady('a', 'b');
    await joined(a, 'demo:1');
    drain(a);
    await cluster.run(500);
    const late = a.connect();
    await cluster.run(500);
    expect(late.all('goaway')).toHaveLength(1);
  });
});

describe('it ends', () => {
  test('at the deadline, and what is left is closed with 4000', async () => {
    const [a] = await steady('a', 'b');
    const stays = await joined(a, 'demo:1');
    const drained = drain(a);
    await cluster.run(DRAIN_MS - 1_000);
    expect(drained.endedAfterMs).toBeNull();
    await cluster.run(1_500);
    expect(drained.endedAfterMs).not.toBeNull();
    await Promise.all([a.stop(), cluster.run(500)]);
    expect(stays.closed?.code).toBe(4000);
  });

  test('when it is asked to', async () => {
    const [a] = await steady('a', 'b');
    await joined(a, 'demo:1');
    const drained = drain(a);
    await cluster.run(500);
    await Promise.all([a.stop(), cluster.run(500)]);
    expect(drained.endedAfterMs).toBeLessThan(1_000);
  });

  test('at once where nobody can take over, and the room is given back', async () => {
    const [a] = await steady('a');
    const first = await joined(a, 'demo:1');
    first.set('demo:1', 1, { k: 'v' });
    const drained = drain(a);
    await cluster.run(500);
    expect(drained.endedAfterMs).toBeLessThan(200);
    expect(first.all('goaway')).toEqual([]);
    await Promise.all([a.stop(), cluster.run(500)]);
    expect(cluster.store.rooms.get('demo:1')).toMatchObject({ owner: null });
  });

  test('soon where all nodes go together', async () => {
    const nodes = await steady('a', 'b', 'c');
    for (const [i, node] of nodes.entries()) await joined(node, `demo:${i}`);
    const drained = nodes.map((node) => drain(node));
    await cluster.run(1_000);
    for (const { endedAfterMs } of drained) expect(endedAfterMs).toBeLessThan(400);
  });

  test('later where the store is away: rooms stay, and go when it is back', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a, 'demo:1');
    a.gate.isCut = true;
    const drained = drain(a);
    first.set('demo:1', 1, { k: 'v' });
    await cluster.run(2 * NODE_TTL_MS);
    expect(first.events('demo:1').at(-1)).toMatch(/k=v/);
    expect(drained.endedAfterMs).toBeNull();
    a.gate.isCut = false;
    await cluster.run(2_000);
    expect(b.role('demo:1')).toBe('owner');
    expect(stateOf(first.last('sync'))).toEqual({ k: 'v' });
  });
});
