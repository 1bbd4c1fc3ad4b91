/** What the end of an owner leaves behind where its store forgot the room: clients, edges, and code that holds on to it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { defineRoom, type Room } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const COMMITTED_MS = 500;

let cluster: CoreCluster;

beforeEach(() => {
  cluster = new CoreCluster();
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode, room: string): Promise<VirtualClient> => cluster.joined(node, room);

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode, CoreNode]> {
  return (await cluster.steady(...ids)) as [CoreNode, CoreNode, CoreNode];
}

describe('a room that was closed, and its owner fenced before that was told', () => {
  const CLUB = 'club:1';
  let nodes: [CoreNode, CoreNode, CoreNode];
  /** At the owner, and elsewhere. */
  let clients: VirtualClient[];

  beforeEach(async () => {
    const club = defineRoom({
      type: 'club',
      durability: 'log',
      onMessage(room) {
        room.broadcast('bye', null);
        room.close('over');
      },
    });
    cluster = new CoreCluster({ definitions: [club] });
    nodes = await steady('a', 'b', 'c');
    clients = [await joined(nodes[0], CLUB), await joined(nodes[1], CLUB)];
    await cluster.run(COMMITTED_MS);
    nodes[0].gate.failing.add('log.append');
    clients[0]?.call(CLUB, 1, 'close');
    await cluster.run();
  });

  test('[P14] is over, where the store had only forgotten it', async () => {
    cluster.store.rooms.clear();
    await joined(nodes[2], CLUB);
    nodes[0].gate.failing.clear();
    await cluster.run(2 * NODE_TTL_MS);
    for (const client of clients) expect(client.last('closed').reason).toBe('over');
    await cluster.run(30_000);
    expect(nodes[0].role(CLUB)).toBe('nothing');
  });

  test('[P12] is begun anew above its epoch by a node that was its edge, whatever the clock of the store says', async () => {
    nodes[0].gate.failing.clear();
    await cluster.run(5_000);
    const second = clients[1] as VirtualClient;
    expect(second.last('closed').reason).toBe('over');
    cluster.store.rooms.clear();
    cluster.clock.stepWall(-600_000);
    const before = second.last('joined').epoch;
    second.join(CLUB);
    await cluster.run(COMMITTED_MS);
    expect(second.last('joined').epoch).toBeGreaterThan(before);
  });

  test('[P14] goes on, where another node has it by right', async () => {
    const stored = cluster.store.rooms.get(CLUB);
    if (!stored) throw new Error('the room is not stored');
    const { epoch: from } = stored;
    Object.assign(stored, { owner: nodes[2].core.key, attempt: 0, from, epoch: from + 1, known: from + 1 });
    nodes[0].gate.failing.clear();
    await cluster.run(2 * NODE_TTL_MS);
    for (const client of clients) expect(client.last('sync').epoch).toBe(nodes[2].owner(CLUB).epoch);
  });
});

test('the room object of an owner before does not write into the copy that goes on', async () => {
  const held: Room[] = [];
  let isAsked = false;
  const club = defineRoom({
    type: 'club',
    onCreate: (room) => void held.push(room),
    onMessage(room) {
      room.state.set('now', 1);
      // From within a handler of the next owner, too.
      if (isAsked) held[0]?.state.set('before', 1);
    },
  });
  await cluster.stop();
  cluster = new CoreCluster({ definitions: [club] });
  const [a] = await steady('a', 'b');
  const client = await joined(a, 'club:1');
  await cluster.run(COMMITTED_MS);
  cluster.store.rooms.clear();
  client.call('club:1', 1, 'x');
  await cluster.run(COMMITTED_MS);
  expect(held).toHaveLength(2);
  expect(() => held[0]?.state.set('before', 1)).toThrow('inside its handlers');
  isAsked = true;
  client.call('club:1', 2, 'x');
  await cluster.run();
  expect(client.last('error')).toMatchObject({ code: 'internal', cseq: 2 });
  expect([...a.owner('club:1').state.keys()]).toEqual(['now']);
});

test.each(['demo:1', 'ledger:1'])(
  '[P9] a JOIN to catch up in %s is answered once, whatever becomes of its owner',
  async (room) => {
    const [a, b, c] = await steady('a', 'b', 'c');
    const [first, second] = [await joined(a, room), await joined(b, room)];
    await cluster.run(COMMITTED_MS);
    b.gate.hold('mailbox.publish');
    const req = second.join(room, second.last('joined'));
    await cluster.run();
    cluster.store.rooms.clear();
    first.send(room, 1, 'fenced by this');
    await cluster.run(COMMITTED_MS);
    a.crash();
    b.gate.release();
    await cluster.run(4 * NODE_TTL_MS);
    expect(second.frames.filter((frame) => 'req' in frame && frame.req === req)).toHaveLength(1);
    expect([b, c].map((node) => node.role(room))).toEqual(['owner', 'nothing']);
  },
);

test('[P17] a room begun anew while its owner is away gives no member a number of before', async () => {
  const [a, b] = await steady('a', 'b');
  const client = await joined(a, 'demo:1');
  const { me, epoch, seq } = client.last('joined');
  await cluster.run(COMMITTED_MS);
  a.gate.isCut = true;
  cluster.store.rooms.clear();
  // Its connection breaks, and it comes back elsewhere, while the room is forgotten.
  const again = b.connect(client.resume);
  again.join('demo:1', { epoch, seq });
  await cluster.run();
  const anew = again.last('joined');
  expect(anew.epoch).toBeGreaterThan(epoch);
  expect(anew.me).toBeGreaterThan(me);
});
