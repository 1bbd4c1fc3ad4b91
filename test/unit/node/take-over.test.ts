/** Who may take a room over, what the new owner has of it, and what the old one does. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lonePorts } from '../../../src/node/store-ports.ts';
import { switchingPorts } from '../../../src/node/switching-ports.ts';
import { defineRoom } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, GRACE_MS, NODE_TTL_MS } from '../../support/core-cluster.ts';
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
    expect(second.last('error')).toMatchObject({ code: 'not-joined', room: ROOM });
    second.join(ROOM);
    await cluster.run();
    expect(second.last('joined').me).toBeGreaterThan(2);
  });

  test('[P17] a member that the room has lost is told to join, behind the commands that it has sent', async () => {
    const [a, b] = await steady('a', 'b');
    await joined(a);
    const second = await joined(b);
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    // Numbered for the membership that is lost: it must not pass for the first command of the next one.
    second.send(ROOM, 1, 'stale');
    const req = second.join(ROOM);
    await cluster.run();
    expect(second.last('joined')).toMatchObject({ req, cseq: 0 });
    expect(second.events(ROOM).join()).not.toContain('stale');
  });

  test('[P15] a member that the room does not take back is told to join, and that says why', async () => {
    let isOpen = true;
    const club = defineRoom({ type: 'club', onJoin: (room) => isOpen || room.reject('forbidden', 'members only') });
    await cluster.stop();
    cluster = new CoreCluster({ definitions: [club] });
    const [a, b] = await steady('a', 'b');
    await joined(a, 'club:1');
    const second = await joined(b, 'club:1');
    isOpen = false;
    a.crash();
    await cluster.run(2 * NODE_TTL_MS);
    expect(second.last('error')).toMatchObject({ code: 'not-joined', room: 'club:1' });
    const req = second.join('club:1');
    await cluster.run();
    expect(second.last('error')).toMatchObject({ code: 'forbidden', message: 'members only', req });
    expect(second.connection.seats).toEqual([]);
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
    expect(second.last('error')).toMatchObject({ code: 'not-joined', room: ROOM });
    second.join(ROOM);
    await cluster.run();
    expect([a.role(ROOM), lone.role(ROOM)]).toEqual(['owner', 'edge']);
    expect(stateOf(second.last('joined'))).toEqual({ k: 'shared' });
    // Its epoch is now above all that members of the other side saw (P12).
    expect(first.last('sync')).toMatchObject({ me: 1, cseq: 1, epoch: second.last('joined').epoch });
  });
});

test('[P12] a member of both sides goes on as what it was, in an epoch above that of its node alone', async () => {
  const [a] = await steady('a');
  const first = await joined(a);
  first.set(ROOM, 1, { k: 'shared' });
  await cluster.run(COMMITTED_MS);
  const switching = switchingPorts(lonePorts(cluster.clock));
  const lone = await cluster.node('b', switching.ports);
  await cluster.run(2 * NODE_TTL_MS);
  const again = await joined(lone, ROOM, first.resume);
  const alone = again.last('joined');
  // Numbers of its own: what it counts here must not pass for what it counted there.
  expect(alone.me).not.toBe(1);
  await switching.switchTo(cluster.ports());
  lone.core.rejoin();
  await cluster.run(2_000);
  expect(again.last('error')).toMatchObject({ code: 'not-joined', room: ROOM });
  again.join(ROOM);
  await cluster.run();
  expect([a.role(ROOM), lone.role(ROOM)]).toEqual(['owner', 'edge']);
  expect(again.last('joined')).toMatchObject({ me: 1, cseq: 1 });
  expect(again.last('joined').epoch).toBeGreaterThan(alone.epoch);
  expect(stateOf(again.last('joined'))).toEqual({ k: 'shared' });
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

  test.each([ROOM, LOG_ROOM])('[P17] of %s does not serve who has seen its successor', async (room) => {
    const [a, b] = await steady('a', 'b');
    // Its node does not notice that this connection is lost.
    const first = await joined(a, room);
    await joined(b, room);
    first.send(room, 1, 'one');
    await cluster.run(COMMITTED_MS);
    a.gate.isCut = true;
    await cluster.run(2 * NODE_TTL_MS);
    const there = await joined(b, room, first.resume);
    there.send(room, 2, 'two');
    await cluster.run();
    const { epoch, seq } = { ...there.last('joined'), seq: b.owner(room).feed.seq };
    // Back at the old owner, whose count of its commands is behind.
    const back = a.connect(there.resume);
    await cluster.run(2_000);
    back.join(room, { epoch, seq });
    await cluster.run(1_500);
    expect(back.all('joined')).toEqual([]);
    expect(back.last('error')).toMatchObject({ code: 'unavailable', retry: true });
    a.gate.isCut = false;
    await cluster.run(2_000);
    back.join(room, { epoch, seq });
    await cluster.run(1_000);
    expect(back.last('joined')).toMatchObject({ epoch, cseq: 2 });
  });

  test('serves who has seen a later epoch than there is, once the store says that it is the owner', async () => {
    const [a] = await steady('a');
    const client = await joined(a);
    const since = { epoch: client.last('joined').epoch + 1_000_000, seq: 1 };
    for (let tries = 0; tries < 5; tries++) {
      client.join(ROOM, since);
      await cluster.run(COMMITTED_MS);
    }
    expect(client.last('joined').seq).toBe(1);
    expect(client.all('joined').length).toBeGreaterThan(1);
  });
});
