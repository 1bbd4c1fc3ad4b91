/** A room that goes to another node with all that it has: who is told what, and what becomes of it when that fails. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineRoom } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, GRACE_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const LOG_ROOM = 'ledger:1';
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

/** What the client was told, each text once where it came under two epochs; fails where they differ. */
function told(client: VirtualClient, room = ROOM): string[] {
  const bySeq = new Map<string, string>();
  for (const text of client.events(room)) {
    const [seq = ''] = text.split(' ', 1);
    expect(bySeq.get(seq) ?? text).toBe(text);
    bySeq.set(seq, text);
  }
  return [...bySeq.values()];
}

describe.each([ROOM, LOG_ROOM])('a room that is handed over: %s', (room) => {
  test('[P14] goes on with the other node, and nobody is told to join again', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, second, third] = [await joined(a, room), await joined(b, room), await joined(c, room)];
    first.set(room, 1, { k: 'v' });
    second.send(room, 1, 'one');
    await cluster.run();
    await handedOver(a, b, room);
    expect([a, b, c].map((node) => node.role(room))).toEqual(['edge', 'owner', 'edge']);
    for (const [client, cseq, me] of [
      [first, 1, 1],
      [second, 1, 2],
      [third, 0, 3],
    ] as const) {
      expect(client.last('sync')).toMatchObject({ me, cseq, epoch: b.owner(room).epoch, reason: 'owner' });
      expect(stateOf(client.last('sync'))).toEqual({ k: 'v' });
      expect(client.all('error')).toEqual([]);
      client.send(room, cseq + 1, `from ${me}`);
    }
    await cluster.run();
    for (const client of [first, second, third]) {
      expect(client.events(room).slice(-3).sort()).toEqual(second.events(room).slice(-3).sort());
    }
    expect(a.counters.handedOver).toBe(1);
    expect(b.counters.takeOvers).toBe(0);
  });

  test('[P7] serves who was away meanwhile from the history of both owners', async () => {
    const [a, b] = await steady('a', 'b');
    const [first, second] = [await joined(a, room), await joined(b, room)];
    first.send(room, 1, 'seen');
    await cluster.run();
    const since = { epoch: a.owner(room).epoch, seq: a.owner(room).feed.seq };
    first.drop();
    second.send(room, 1, 'under a');
    await cluster.run();
    await handedOver(a, b, room);
    second.send(room, 2, 'under b');
    await cluster.run();
    const { epoch } = b.owner(room);
    const again = b.connect(first.resume);
    again.join(room, since);
    await cluster.run();
    expect(again.last('joined')).toMatchObject({ epoch, seq: since.seq, me: 1, cseq: 1, roster: null, state: null });
    expect(again.all('events').map((frame) => frame.epoch)).toEqual(again.all('events').map(() => epoch));
    const texts = told(again, room).map((text) => text.replace(/^\d+ /, ''));
    expect(texts).toEqual(['1 away', '2:under a', '2 here', '1 away', '2:under b', '1 here']);
    expect(again.all('sync')).toEqual([]);
  });

  test('[P7] who resumes from the owner before hears that a member has not come along', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, second] = [await joined(a, room), await joined(c, room)];
    const since = { epoch: a.owner(room).epoch, seq: a.owner(room).feed.seq };
    c.crash();
    await handedOver(a, b, room);
    first.drop();
    const again = b.connect(first.resume);
    again.join(room, since);
    await cluster.run();
    expect(again.last('joined').roster).toBeNull();
    expect(told(again, room).filter((text) => text.includes(' 2 '))).toMatchObject([expect.stringMatching(/ 2 away$/)]);
    expect(second.all('sync')).toEqual([]);
  });
});

test('[P7] who has everything goes on without a frame', async () => {
  await cluster.stop();
  cluster = new CoreCluster({ definitions: [defineRoom({ type: 'quiet', presence: false })] });
  const [a, b] = await steady('a', 'b');
  const first = await joined(a, 'quiet:1');
  const { epoch, feed } = a.owner('quiet:1');
  await handedOver(a, b, 'quiet:1');
  first.take();
  first.join('quiet:1', { epoch, seq: feed.seq });
  await cluster.run();
  expect(first.frames).toMatchObject([{ op: 'joined', epoch: b.owner('quiet:1').epoch, seq: feed.seq, roster: null }]);
});

describe('members at the edges', () => {
  test('[P13] get what came under the new owner before they attached, then SYNC at its place', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a);
    const [second, third] = [await joined(b), await joined(c)];
    c.gate.hold('directory.claim');
    a.gate.hold('directory.claim');
    await handedOver(a, b);
    second.send(ROOM, 1, 'early');
    await cluster.run();
    third.take();
    c.gate.release();
    await cluster.run();
    const frames = third.frames.filter(({ op }) => op === 'events' || op === 'sync');
    expect(frames[0]?.op).toBe('events');
    expect(third.events(ROOM).join()).toContain('2:early');
    const sync = third.last('sync');
    const before = third.all('events').filter(({ epoch }) => epoch < sync.epoch);
    expect(Math.max(...before.map(({ first, events }) => first + events.length - 1))).toBe(sync.seq);
    a.gate.release();
    await cluster.run();
  });

  test('[P13] get what they had missed of the old owner', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const first = await joined(a);
    const [second, third] = [await joined(b), await joined(c)];
    await cluster.run(COMMITTED_MS);
    // The packets are lost, and no beat has shown it yet.
    a.losing.add('b');
    a.losing.add('c');
    first.send(ROOM, 1, 'lost');
    await cluster.run(5);
    a.losing.clear();
    await handedOver(a, b);
    await cluster.run(1_000);
    for (const client of [first, second, third]) {
      expect(told(client).filter((text) => text.endsWith('1:lost'))).toHaveLength(1);
      const seqs = told(client).map((text) => Number(text.split(' ')[0]));
      expect(seqs).toEqual(seqs.map((_, i) => (seqs[0] ?? 0) + i));
    }
  });

  test('[P7] who drops out between the two epochs goes on where it stood', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a);
    const [second, third] = [await joined(b), await joined(c)];
    const old = a.owner(ROOM).epoch;
    await handedOver(a, b);
    second.send(ROOM, 1, 'x');
    await cluster.run();
    const { seq } = b.owner(ROOM).feed;
    third.drop();
    await cluster.run();
    const again = c.connect(third.resume);
    again.join(ROOM, { epoch: old, seq });
    await cluster.run();
    expect(again.last('joined')).toMatchObject({ roster: null, seq });
    expect(told(again).map((text) => text.replace(/^\d+ /, ''))).toEqual(['3 away', '3 here']);
  });
});

describe('commands under way', () => {
  test('[P17] at every moment are each done once', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, third] = [await joined(a), await joined(c)];
    a.gate.hold('directory.transfer');
    const done = handOver(a, b);
    await cluster.run();
    // Dropped: the SYNC that follows says that they are not done.
    first.send(ROOM, 1, 'mine');
    third.send(ROOM, 1, 'theirs');
    await cluster.run();
    a.gate.release();
    await cluster.run();
    await done;
    for (const client of [first, third]) expect(client.last('sync').cseq).toBe(0);
    first.send(ROOM, 1, 'mine');
    third.send(ROOM, 1, 'theirs');
    await cluster.run();
    for (const client of [first, third]) {
      expect(told(client).filter((text) => /:(mine|theirs)$/.test(text))).toHaveLength(2);
    }
  });

  test('[P6] a JOIN waits and is answered by the new owner, its commands behind it', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    await joined(a);
    a.gate.hold('directory.transfer');
    const done = handOver(a, b);
    await cluster.run();
    const [here, there] = [a.connect(), c.connect()];
    for (const client of [here, there]) {
      client.join(ROOM);
      client.send(ROOM, 1, 'hello');
    }
    await cluster.run();
    a.gate.release();
    await cluster.run(1_000);
    await done;
    for (const client of [here, there]) expect(client.last('joined').epoch).toBe(b.owner(ROOM).epoch);
    expect(here.last('joined')).toMatchObject({ cseq: 1 });
  });

  test('[P10] members that leave or drop meanwhile are gone, or away', async () => {
    const [a, b] = await steady('a', 'b');
    const [stays, leaves, drops] = [await joined(a), await joined(a), await joined(a)];
    a.gate.hold('directory.transfer');
    const done = handOver(a, b);
    await cluster.run();
    leaves.leave(ROOM);
    drops.drop();
    await cluster.run();
    a.gate.release();
    await cluster.run();
    await done;
    expect(leaves.last('left').room).toBe(ROOM);
    const members = [...b.owner(ROOM).roster.members.values()].map(({ number, here }) => [number, here]);
    expect(members).toEqual([
      [stays.last('joined').me, true],
      [drops.last('joined').me, false],
    ]);
    await cluster.run(GRACE_MS + 1_000);
    expect(b.owner(ROOM).roster.size).toBe(1);
  });
});

describe('again and again', () => {
  test('[P7] across two hand-overs', async () => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, third] = [await joined(a), await joined(c)];
    const since = { epoch: a.owner(ROOM).epoch, seq: 1 };
    first.drop();
    third.send(ROOM, 1, 'under a');
    await cluster.run();
    await handedOver(a, b);
    third.send(ROOM, 2, 'under b');
    await cluster.run();
    await handedOver(b, c);
    third.send(ROOM, 3, 'under c');
    await cluster.run();
    const again = a.connect(first.resume);
    again.join(ROOM, since);
    await cluster.run();
    expect(again.last('joined')).toMatchObject({ roster: null, seq: 1, epoch: c.owner(ROOM).epoch });
    const said = told(again).filter((text) => text.includes('under'));
    expect(said.map((text) => text.slice(-1))).toEqual(['a', 'b', 'c']);
  });

  test('[P7] back to where it came from', async () => {
    const [a, b] = await steady('a', 'b');
    const first = await joined(a);
    const since = { epoch: a.owner(ROOM).epoch, seq: 1 };
    await handedOver(a, b);
    await handedOver(b, a);
    first.send(ROOM, 1, 'home');
    await cluster.run();
    first.take();
    first.join(ROOM, since);
    await cluster.run();
    expect(first.last('joined')).toMatchObject({ roster: null, seq: 1 });
    expect(told(first).at(-1)).toMatch(/1:home$/);
  });
});
