/** Many joins at once: one claim for the room, and its state once in memory and once on the way to each edge. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorePorts } from '../../../src/node/store-ports.ts';
import { defineRoom } from '../../../src/room/definition.ts';
import type { JoinAnswer, MemberLink } from '../../../src/room/member-link.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const LOBBY = 'lobby:1';
const STATE_BYTES = 32 * 1024;

const lobby = defineRoom({
  type: 'lobby',
  onMessage(room) {
    for (const member of room.members.values()) room.send(member, 'hello', null);
  },
});

let cluster: CoreCluster;
/** Claims in the directory, of all nodes. */
let claims: number;
/** Bytes that went into the mailbox of each node. */
let posted: Map<string, number>;

beforeEach(() => {
  cluster = new CoreCluster({ definitions: [lobby] });
  claims = 0;
  posted = new Map();
});

afterEach(() => cluster.stop());

async function steady(...ids: string[]): Promise<[CoreNode, CoreNode]> {
  for (const id of ids) await cluster.node(id, counted(cluster.ports()));
  await cluster.run(2 * NODE_TTL_MS);
  return cluster.nodes as [CoreNode, CoreNode];
}

function counted(ports: StorePorts): StorePorts {
  const { directory, mailbox } = ports;
  return {
    ...ports,
    directory: {
      isShared: true,
      claim: (request) => {
        claims++;
        return directory.claim(request);
      },
      transfer: (...args) => directory.transfer(...args),
      release: (...args) => directory.release(...args),
    },
    mailbox: {
      open: (id, onPacket) => mailbox.open(id, onPacket),
      publish: (to, packet) => {
        posted.set(to, (posted.get(to) ?? 0) + packet.length);
        return mailbox.publish(to, packet);
      },
      reconnect: () => mailbox.reconnect(),
      close: () => mailbox.close(),
    },
  };
}

/** All in one turn. */
async function rush(node: CoreNode, count: number): Promise<VirtualClient[]> {
  const clients = Array.from({ length: count }, () => node.connect());
  await cluster.run();
  for (const client of clients) client.join(ROOM);
  return clients;
}

/** A room with a large state, owned by `node`; its one member. */
async function large(node: CoreNode): Promise<VirtualClient> {
  const [first] = (await rush(node, 1)) as [VirtualClient];
  await cluster.run();
  first.set(ROOM, 1, { big: 'x'.repeat(STATE_BYTES) });
  await cluster.run();
  return first;
}

test('1,000 joins on a room that nobody owns make one claim', async () => {
  const [a] = await steady('a');
  const clients = await rush(a, 1_000);
  await cluster.run();
  expect(claims).toBe(1);
  const members = clients.map((client) => client.last('joined').me);
  expect(new Set(members).size).toBe(1_000);
});

test('1,000 joins at two nodes make one claim at each, and one owner', async () => {
  const [a, b] = await steady('a', 'b');
  const clients = [...(await rush(a, 500)), ...(await rush(b, 500))];
  await cluster.run();
  expect(claims).toBe(2);
  expect([a.role(ROOM), b.role(ROOM)].sort()).toEqual(['edge', 'owner']);
  expect(new Set(clients.map((client) => client.last('joined').me)).size).toBe(1_000);
});

test('[P6] those who join in one turn share one copy of the state', async () => {
  const [a] = await steady('a');
  await large(a);
  const answers: JoinAnswer[] = [];
  for (let i = 0; i < 100; i++)
    a.owner(ROOM).join(recording(i, answers), { req: 1, room: ROOM, since: null, meta: null });
  await cluster.run();
  expect(answers).toHaveLength(100);
  expect(new Set(answers.map(({ state }) => state)).size).toBe(1);
  expect(new Set(answers.map(({ roster }) => roster)).size).toBe(1);
});

test('[P6] a rush at an edge brings the state over once', async () => {
  const [a, b] = await steady('a', 'b');
  await large(a);
  posted.clear();
  const clients = await rush(b, 200);
  await cluster.run();
  for (const client of clients) {
    const { roster, state, seq } = client.last('joined');
    expect([roster?.length, state?.get('big')?.length, seq]).toEqual([201, STATE_BYTES, 202]);
  }
  expect(new Set(clients.map((client) => client.last('joined').me)).size).toBe(200);
  expect(posted.get('b')).toBeLessThan(2 * STATE_BYTES);
});

test('[P7] a rush of members that come back brings what they missed over once', async () => {
  const [a, b] = await steady('a', 'b');
  const first = await large(a);
  const clients = await rush(b, 100);
  await cluster.run();
  const { epoch } = (clients[0] as VirtualClient).last('joined');
  const seq = a.owner(ROOM).feed.seq;
  for (const client of clients) client.drop();
  await cluster.run();
  first.send(ROOM, 2, 'y'.repeat(STATE_BYTES));
  await cluster.run();
  posted.clear();
  const again = clients.map((client) => {
    return b.connect(client.resume);
  });
  await cluster.run();
  for (const client of again) client.join(ROOM, { epoch, seq });
  await cluster.run();
  for (const client of again) {
    expect(client.last('joined')).toMatchObject({ epoch, seq, state: null });
    const seqs = client.all('events').flatMap(({ first, events }) => events.map((_, i) => first + i));
    expect(seqs).toEqual(Array.from({ length: a.owner(ROOM).feed.seq - seq }, (_, i) => seq + 1 + i));
  }
  expect(posted.get('b')).toBeLessThan(2 * STATE_BYTES);
});

test('what follows a JOINED of the same turn follows it at an edge, too', async () => {
  const [a, b] = await steady('a', 'b');
  const [, caller] = [await seated(a), await seated(b)];
  const next = b.connect();
  next.join(LOBBY);
  caller.call(LOBBY, 1, 'greet');
  await cluster.run();
  const heard = next.frames.map(({ op }) => op).filter((op) => op !== 'welcome');
  expect(heard).toEqual(['joined', 'direct']);
  expect(caller.all('direct')).toHaveLength(1);
});

async function seated(node: CoreNode): Promise<VirtualClient> {
  const client = node.connect();
  client.join(LOBBY);
  await cluster.run();
  return client;
}

/** A link that keeps what it is told. */
function recording(i: number, answers: JoinAnswer[]): MemberLink {
  return {
    member: 0,
    session: { sid: `s${i}`, user: `u${i}`, generation: 1 },
    send: () => {},
    joined: (_req, _me, _cseq, answer) => void answers.push(answer),
    asks: () => true,
    synced: () => {},
    left: () => {},
    refused: () => {},
    replaced: () => {},
  };
}

test('[P6] joins beyond those that wait for their room at its owner are refused, not lost', async () => {
  await cluster.stop();
  cluster = new CoreCluster({ node: { joinsPerSec: 10_000 } });
  const [a, b] = await steady('a', 'b');
  const [first] = (await rush(a, 1)) as [VirtualClient];
  await cluster.run();
  first.drop();
  await cluster.run();
  // The directory names a node that does not know it, and takes long to find out.
  await cluster.run(60_000);
  const stored = cluster.store.rooms.get(ROOM);
  if (!stored) throw new Error('the room is not stored');
  stored.owner = a.core.key;
  a.gate.hold('directory.claim');
  const clients = await rush(b, 4_200);
  await cluster.run(5_000);
  a.gate.release();
  await cluster.run(2_000);
  const unanswered = clients.filter(({ frames }) => !frames.some(({ op }) => op === 'joined' || op === 'error'));
  expect(unanswered).toHaveLength(0);
});
