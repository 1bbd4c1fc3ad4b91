/** A hand-over that does not go as it should: nothing is lost but the history at most. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
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

/** Not awaited: a test may want to act in the middle. */
function handOver(from: CoreNode, to: CoreNode, room = ROOM): Promise<void> {
  return from.core.registry.get(room)?.handOver(to.core.key) ?? Promise.reject(new Error(`${from.id} has no ${room}`));
}

async function handedOver(from: CoreNode, to: CoreNode, room = ROOM): Promise<void> {
  const done = handOver(from, to, room);
  await cluster.run();
  await done;
}

describe('when something goes wrong', () => {
  test('[P14] the message is lost: whoever attaches brings the room up, from the store', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, third] = [await joined(a), await joined(c)];
    first.set(ROOM, 1, { k: 'v' });
    await cluster.run();
    a.losing.add('b');
    await handedOver(a, b);
    a.losing.clear();
    await cluster.run(1_000);
    expect([a, b, c].map((node) => node.role(ROOM))).toEqual(['edge', 'owner', 'edge']);
    for (const client of [first, third]) {
      expect(client.last('sync')).toMatchObject({ epoch: b.owner(ROOM).epoch });
      expect(stateOf(client.last('sync'))).toEqual({ k: 'v' });
    }
  });

  test('[P7] a tail longer than one message comes whole', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const { epoch } = a.owner(ROOM);
    for (let cseq = 1; cseq <= 4; cseq++) {
      first.send(ROOM, cseq, `${cseq} ${'x'.repeat(30_000)}`);
      await cluster.run();
    }
    await handedOver(a, b);
    const missed = b.owner(ROOM).feed.history.since({ epoch, seq: 1 });
    expect(missed?.map((frame) => frame.first)).toEqual([2, 3, 4, 5, 6]);
  });

  test('[P7] the target dies before it claims: the room comes back, with its history', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    first.send(ROOM, 1, 'one');
    await cluster.run();
    const since = { epoch: a.owner(ROOM).epoch, seq: 1 };
    a.gate.hold('directory.transfer');
    const done = handOver(a, b);
    await cluster.run();
    b.crash();
    a.gate.release();
    await cluster.run(3 * NODE_TTL_MS);
    await done;
    expect(a.role(ROOM)).toBe('owner');
    expect(first.last('sync')).toMatchObject({ me: 1, cseq: 1 });
    first.join(ROOM, since);
    await cluster.run();
    expect(first.last('joined')).toMatchObject({ roster: null, seq: 1 });
  });

  test('[P18] the target dies behind its claim: the room is as the store has it, and its history is a new one', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    const since = { epoch: a.owner(ROOM).epoch, seq: 1 };
    await handedOver(a, b);
    second.send(ROOM, 1, 'told to b alone');
    a.losing.add('b');
    b.losing.add('a');
    await cluster.run(5);
    b.crash();
    await cluster.run(3 * NODE_TTL_MS);
    first.take();
    first.join(ROOM, since);
    await cluster.run();
    expect(first.last('joined').roster).not.toBeNull();
    expect(a.owner(ROOM).feed.history.since(since)).toBeNull();
  });

  test('[P11] the store forgets the claim of the target, which dies: its members may know what nobody else does', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a), await joined(b)];
    const { epoch } = a.owner(ROOM);
    a.gate.hold('directory.claim');
    b.gate.hold('snapshots.commit');
    await handedOver(a, b);
    const stored = cluster.store.rooms.get(ROOM);
    second.send(ROOM, 1, 'told under both');
    await cluster.run();
    a.gate.release();
    await cluster.run();
    expect(first.events(ROOM).join()).toContain('told under both');
    if (stored) cluster.store.rooms.set(ROOM, { ...stored, epoch }, 60_000);
    b.crash();
    await cluster.run(3 * NODE_TTL_MS);
    expect(a.owner(ROOM).feed.history.since({ epoch, seq: 1 })).toBeNull();
  });

  test('[P11] the owner is fenced: it gives its copy up as ever', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const first = await joined(a);
    await cluster.run(COMMITTED_MS);
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    await joined(b);
    await cluster.run(1_000);
    expect(b.role(ROOM)).toBe('owner');
    a.gate.isCut = false;
    const done = handOver(a, c);
    await cluster.run(2_000);
    await done;
    expect([a, b, c].map((node) => node.role(ROOM))).toEqual(['edge', 'owner', 'nothing']);
    expect(first.last('sync').epoch).toBe(b.owner(ROOM).epoch);
    expect(a.counters.handedOver).toBe(0);
  });

  test.each(['snapshots.commit', 'directory.transfer'])(
    '[P11] the store is away at %s: nothing is lost',
    async (call) => {
      const [a, b] = await steady('a', 'b');
      const first = await joined(a);
      await cluster.run(COMMITTED_MS);
      first.set(ROOM, 1, { k: 'v' });
      a.gate.failing.add(call);
      await handedOver(a, b);
      a.gate.failing.clear();
      await cluster.run(3_000);
      expect(a.role(ROOM)).toBe('owner');
      expect(stateOf(first.last('sync'))).toEqual({ k: 'v' });
      await handedOver(a, b);
      expect(b.role(ROOM)).toBe('owner');
      expect(stateOf(first.last('sync'))).toEqual({ k: 'v' });
    },
  );

  test('[P11] the transfer is done and its answer lost: both find out', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    a.gate.losesAnswers.add('directory.transfer');
    await handedOver(a, b);
    a.gate.losesAnswers.clear();
    await cluster.run(1_000);
    expect([a.role(ROOM), b.role(ROOM)]).toEqual(['edge', 'owner']);
    expect(first.last('sync').epoch).toBe(b.owner(ROOM).epoch);
  });
});

test('[P14] a node that does not serve the type gives the room back', async () => {
  await cluster.stop();
  cluster = new CoreCluster({ relaysOf: (id) => new Map(id === 'b' ? [] : [['demo', 'snapshot']]) });
  const [a, b] = await steady('a', 'b');
  const first = await joined(a);
  first.set(ROOM, 1, { k: 'v' });
  await cluster.run();
  await handedOver(a, b);
  await cluster.run(1_000);
  expect([a.role(ROOM), b.role(ROOM)]).toEqual(['owner', 'nothing']);
  expect(stateOf(first.last('sync'))).toEqual({ k: 'v' });
});

test('[P15] who leaves the new owner from a node that was the old one has no seat there any more', async () => {
  const [a, b] = await steady('a', 'b');
  const [first, second] = [await joined(a), await joined(b)];
  await handedOver(a, b);
  first.leave(ROOM);
  await cluster.run();
  expect(first.last('left').room).toBe(ROOM);
  expect(first.connection.seats).toEqual([]);
  expect([a.role(ROOM), second.events(ROOM).at(-1)]).toEqual(['nothing', expect.stringMatching(/-1 0$/)]);
});
