/** Rooms of durability `log`: nothing is done before the log has it, whatever the log does meanwhile (P18). */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineRoom } from '../../../src/room/definition.ts';
import type { LogAppend } from '../../../src/room/ports.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'ledger:1';
const TICKING = 'ticking:1';

const ticking = defineRoom({
  type: 'ticking',
  durability: 'log',
  ticksPerSec: 10,
  onTick: (room) => room.broadcast('tick', null),
});
/** Its commands are done without an event. */
const silent = defineRoom({ type: 'silent', durability: 'log', presence: false, onMessage: () => {} });

let cluster: CoreCluster;
let node: CoreNode;
let other: CoreNode;
/** Calls of the log, each with what it took. */
let calls: (readonly LogAppend[])[];

beforeEach(async () => {
  cluster = new CoreCluster({ definitions: [ticking, silent] });
  calls = [];
  const ports = cluster.ports();
  node = await cluster.node('a', {
    ...ports,
    log: {
      append(batch) {
        calls.push(batch);
        return ports.log.append(batch);
      },
    },
  });
  other = await cluster.node('b');
  await cluster.run(2 * NODE_TTL_MS);
});

afterEach(() => cluster.stop());

async function joined(at: CoreNode, room = ROOM, resume: string | null = null): Promise<VirtualClient> {
  const client = at.connect(resume);
  client.join(room);
  await cluster.run();
  return client;
}

describe('while the log is slow', () => {
  test('[P18] a command is not done, here or at an edge, before the log has its event', async () => {
    const [client, listener] = [await joined(node), await joined(other)];
    client.take();
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'x');
    await cluster.run(100);
    expect([client.events(ROOM), listener.events(ROOM)]).toEqual([[], []]);
    node.gate.release();
    await cluster.run();
    expect([client.events(ROOM), listener.events(ROOM)]).toEqual([['3 1:x'], ['3 1:x']]);
  });

  test('[P7] an answer that shows a held event is held behind it', async () => {
    const client = await joined(node);
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'x');
    await cluster.run();
    client.take();
    const req = client.join(ROOM);
    await cluster.run();
    expect(client.frames).toEqual([]);
    node.gate.release();
    await cluster.run();
    expect(client.frames.map(({ op }) => op)).toEqual(['events', 'joined']);
    expect(client.last('joined')).toMatchObject({ req, seq: 2, cseq: 1 });
  });

  test('[P15] a repeated command is acknowledged behind its held event', async () => {
    const client = await joined(node);
    client.take();
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'x');
    await cluster.run();
    client.send(ROOM, 1, 'x');
    await cluster.run();
    expect(client.frames).toEqual([]);
    node.gate.release();
    await cluster.run();
    expect(client.frames.map(({ op }) => op)).toEqual(['events', 'ack']);
  });

  test('frames of many turns and rooms go to it in one call', async () => {
    const client = await joined(node);
    client.join('ledger:2');
    await cluster.run();
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'first');
    await cluster.run();
    calls.length = 0;
    for (let i = 2; i <= 5; i++) {
      client.send(ROOM, i, 'x');
      client.send('ledger:2', i - 1, 'y');
      await cluster.run();
    }
    node.gate.release();
    await cluster.run();
    expect(calls.map((call) => call.length)).toEqual([1, 8]);
    expect(client.events(ROOM)).toHaveLength(5);
  });
});

describe('while the log fails', () => {
  test('[P15] commands are refused as unavailable, and those under way are done when it works again', async () => {
    const client = await joined(node);
    node.gate.failing.add('log.append');
    client.send(ROOM, 1, 'held');
    await cluster.run();
    client.send(ROOM, 2, 'refused');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'unavailable', cseq: 2, retry: true });
    node.gate.failing.clear();
    await cluster.run(5_000);
    client.send(ROOM, 2, 'again');
    await cluster.run();
    expect(client.events(ROOM)).toEqual(['2 1:held', '3 1:again']);
  });

  test('an answer that was lost doubles nothing', async () => {
    const client = await joined(node);
    const inner = cluster.ports().log;
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'x');
    await cluster.run();
    const owner = node.owner(ROOM);
    const frame = owner.feed.history.since({ epoch: owner.epoch, seq: 1 })?.[0]?.frame as Uint8Array;
    await inner.append([{ room: ROOM, owner: node.core.key, epoch: owner.epoch, first: 2, seq: 2, frame, note: null }]);
    node.gate.release();
    await cluster.run();
    expect(client.events(ROOM)).toEqual(['2 1:x']);
    expect(node.counters.fenced).toBe(0);
  });

  test('[P6] a JOIN is refused as unavailable rather than held with a copy of the state', async () => {
    const client = await joined(node);
    node.gate.failing.add('log.append');
    client.send(ROOM, 1, 'held');
    await cluster.run();
    const guest = node.connect();
    const req = guest.join(ROOM);
    await cluster.run();
    expect(guest.last('error')).toMatchObject({ code: 'unavailable', req, retry: true });
    client.join(ROOM);
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'unavailable', retry: true });
    expect(node.owner(ROOM).roster.size).toBe(1);
  });

  test('ticks wait: a room that nobody can follow does not run on', async () => {
    await joined(node, TICKING);
    await cluster.run(500);
    node.gate.failing.add('log.append');
    await cluster.run(1_000);
    const { seq } = node.owner(TICKING).feed;
    await cluster.run(10_000);
    expect(node.owner(TICKING).feed.seq).toBe(seq);
    node.gate.failing.clear();
    await cluster.run(5_000);
    expect(node.owner(TICKING).feed.seq).toBeGreaterThan(seq);
  });
});

describe('a room that the log refuses', () => {
  const OTHER = 'ledger:2';

  test('[P18] holds its frames and takes no commands; then all goes on in order', async () => {
    const [client, listener] = [await joined(node), await joined(other)];
    client.take();
    cluster.store.refused.add(ROOM);
    client.send(ROOM, 1, 'held');
    await cluster.run();
    client.send(ROOM, 2, 'refused');
    await cluster.run(5_000);
    expect(client.events(ROOM)).toEqual([]);
    expect(listener.events(ROOM)).toEqual([]);
    expect(client.last('error')).toMatchObject({ code: 'unavailable', cseq: 2, retry: true });
    cluster.store.refused.clear();
    await cluster.run(5_000);
    client.send(ROOM, 2, 'again');
    await cluster.run(100);
    expect(client.events(ROOM)).toEqual(['3 1:held', '4 1:again']);
    expect(listener.events(ROOM)).toEqual(['3 1:held', '4 1:again']);
    expect(node.counters.fenced).toBe(0);
  });

  test('keeps no other room from its log, and is tried again with back-off', async () => {
    const client = await joined(node);
    client.join(OTHER);
    await cluster.run();
    cluster.store.refused.add(ROOM);
    client.send(ROOM, 1, 'held');
    await cluster.run();
    calls.length = 0;
    for (let i = 1; i <= 500; i++) {
      client.send(OTHER, i, 'x');
      await cluster.run(20);
    }
    expect(client.events(OTHER)).toHaveLength(500);
    const tries = calls.flat().filter(({ room }) => room === ROOM).length;
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(40);
  });

  test('[P18] frames of one turn that were sent behind the refused one stay behind it', async () => {
    const client = await joined(node);
    node.gate.hold('log.append');
    client.send(ROOM, 1, 'a');
    await cluster.run();
    client.send(ROOM, 2, 'b');
    await cluster.run();
    client.send(ROOM, 3, 'c');
    await cluster.run();
    cluster.store.refused.add(ROOM);
    node.gate.release();
    await cluster.run(500);
    cluster.store.refused.clear();
    await cluster.run(5_000);
    expect(client.events(ROOM)).toEqual(['2 1:a', '3 1:b', '4 1:c']);
    expect(cluster.store.rooms.get(ROOM)?.seq).toBe(4);
  });

  test('is not tried any more once it is owned elsewhere', async () => {
    const client = await joined(node);
    cluster.store.refused.add(ROOM);
    client.send(ROOM, 1, 'held');
    await cluster.run(500);
    const { directory } = cluster.ports();
    await directory.transfer(ROOM, node.core.key, node.owner(ROOM).epoch, other.core.key, 60_000);
    cluster.store.refused.clear();
    await cluster.run(5_000);
    calls.length = 0;
    await cluster.run(5_000);
    expect(calls).toEqual([]);
    expect(node.role(ROOM)).not.toBe('owner');
  });
});

describe('[P18] the next owner', () => {
  async function takenOver(): Promise<void> {
    node.gate.failing.add('snapshots.commit');
    node.crash();
    await cluster.run(2 * NODE_TTL_MS);
  }

  test('has messages, state and members that only the log held', async () => {
    node.gate.failing.add('snapshots.commit');
    const [client, listener] = [await joined(node), await joined(other)];
    client.set(ROOM, 1, { a: '1', b: '1' });
    client.set(ROOM, 2, { b: '2' }, ['a']);
    client.send(ROOM, 3, 'x');
    const gone = await joined(node);
    gone.leave(ROOM);
    await cluster.run();
    await takenOver();
    const sync = listener.last('sync');
    expect(stateOf(sync)).toEqual({ b: '2' });
    expect(sync.roster.map(({ member }) => member)).toEqual([1, 2]);
    const again = await joined(other, ROOM, client.resume);
    expect(again.last('joined')).toMatchObject({ me: 1, cseq: 3 });
  });

  test('knows the commands that were done without an event, beside a later frame', async () => {
    const client = await joined(node, 'silent:1');
    client.call('silent:1', 1, 'go');
    client.call('silent:1', 2, 'go');
    await cluster.run(2_000);
    await takenOver();
    const again = other.connect(client.resume);
    again.join('silent:1');
    await cluster.run(1_000);
    expect(again.last('joined')).toMatchObject({ me: 1, cseq: 2 });
  });

  test('gives the next numbers beyond all that the log shows', async () => {
    node.gate.failing.add('snapshots.commit');
    await joined(node);
    const listener = await joined(other);
    await takenOver();
    const next = await joined(other);
    expect(next.last('joined').me).toBeGreaterThan(listener.last('sync').me);
  });
});
