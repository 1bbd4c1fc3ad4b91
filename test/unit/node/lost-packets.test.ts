/** Packets between an edge and the owner are lost, one kind at a time; both ends must agree again soon. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CoreCluster, type CoreNode } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
/** A beat of the peers, in which a loss is noticed, and some. */
const NOTICED_MS = 600;

let cluster: CoreCluster;
let owner: CoreNode;
let edge: CoreNode;
/** Member 1, at the owner. */
let first: VirtualClient;

beforeEach(async () => {
  cluster = new CoreCluster({ node: { historyBytesMax: 400 } });
  [owner, edge] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
  first = await joined(owner);
});

afterEach(() => cluster.stop());

const joined = (node: CoreNode, resume: string | null = null): Promise<VirtualClient> =>
  cluster.joined(node, ROOM, resume);

/** What happens in `task` is lost between the two in the given direction. */
async function losing(from: CoreNode, to: CoreNode, task: () => void): Promise<void> {
  from.losing.add(to.id);
  task();
  await cluster.run();
  from.losing.delete(to.id);
}

function statuses(): [number, boolean][] {
  return [...owner.owner(ROOM).roster.members.values()].map(({ number, here }) => [number, here]);
}

describe('from the owner to an edge', () => {
  test('[P13] lost frames come later, without a hole', async () => {
    const client = await joined(edge);
    client.take();
    await losing(owner, edge, () => first.send(ROOM, 1, 'lost'));
    await cluster.run(NOTICED_MS);
    first.send(ROOM, 2, 'next');
    await cluster.run();
    expect(client.events(ROOM)).toEqual(['3 1:lost', '4 1:next']);
  });

  test('[P12] frames beyond a hole wait until the hole is filled', async () => {
    const client = await joined(edge);
    client.take();
    await losing(owner, edge, () => first.send(ROOM, 1, 'lost'));
    first.send(ROOM, 2, 'next');
    await cluster.run(NOTICED_MS);
    expect(client.events(ROOM)).toEqual(['3 1:lost', '4 1:next']);
  });

  test('[P14] more lost than the history holds gives SYNC', async () => {
    const client = await joined(edge);
    client.take();
    await losing(owner, edge, () => {
      for (let i = 1; i <= 5; i++) first.send(ROOM, i, 'x'.repeat(300));
      first.set(ROOM, 6, { k: 'v' });
    });
    await cluster.run(NOTICED_MS);
    const sync = client.last('sync');
    expect(sync).toMatchObject({ me: 2, reason: 'reset', cseq: 0 });
    expect(stateOf(sync)).toEqual({ k: 'v' });
    first.send(ROOM, 7, 'after');
    await cluster.run();
    expect(client.events(ROOM)).toEqual([`${sync.seq + 1} 1:after`]);
  });

  test('[P6] a lost JOINED is answered again', async () => {
    const client = edge.connect();
    await losing(owner, edge, () => client.join(ROOM));
    await cluster.run(NOTICED_MS);
    expect(client.last('joined')).toMatchObject({ me: 2, req: 1 });
  });

  test('[P15] a lost ACK is told again', async () => {
    const client = await joined(edge);
    client.send(ROOM, 1, 'hello');
    await cluster.run();
    await losing(owner, edge, () => client.send(ROOM, 1, 'hello'));
    await cluster.run(NOTICED_MS);
    expect(client.last('ack').cseq).toBe(1);
  });

  test('[P4] a lost REPLACED leaves the older connection without a say', async () => {
    const client = await joined(edge);
    edge.losing.add('b');
    owner.losing.add('b');
    const newer = await joined(owner, client.resume);
    expect(newer.last('joined').me).toBe(2);
    owner.losing.delete('b');
    await cluster.run(NOTICED_MS);
    client.send(ROOM, 1, 'from the past');
    await cluster.run(NOTICED_MS);
    expect(first.events(ROOM).filter((event) => event.includes('past'))).toEqual([]);
    expect(client.closed?.code).toBe(4502);
  });
});

describe('from an edge to the owner', () => {
  test('[P6] a lost JOIN is asked again', async () => {
    const client = edge.connect();
    await losing(edge, owner, () => client.join(ROOM));
    await cluster.run(NOTICED_MS);
    expect(client.last('joined').me).toBe(2);
  });

  test('[P11] a lost LEAVE is asked again', async () => {
    const client = await joined(edge);
    await losing(edge, owner, () => client.leave(ROOM));
    await cluster.run(NOTICED_MS);
    expect(client.last('left').room).toBe(ROOM);
    expect(statuses()).toEqual([[1, true]]);
  });

  test('[P9] a LEAVE that is asked again ends no membership that began behind it', async () => {
    const [client, other] = [await joined(edge), await joined(edge)];
    await losing(edge, owner, () => other.send(ROOM, 1, 'lost'));
    const leave = client.leave(ROOM);
    client.join(ROOM);
    await cluster.run(NOTICED_MS);
    expect(client.all('left').map(({ req }) => req)).toEqual([leave]);
    const { me } = client.last('joined');
    client.send(ROOM, 1, 'hello');
    await cluster.run();
    expect(first.events(ROOM).at(-1)).toMatch(new RegExp(` ${me}:hello$`));
    expect(client.events(ROOM).at(-1)).toBe(first.events(ROOM).at(-1));
    expect(statuses()).toHaveLength(3);
  });

  test('[P16] lost commands are asked for, though nothing follows them', async () => {
    const client = await joined(edge);
    client.send(ROOM, 1, 'done');
    await cluster.run();
    await losing(edge, owner, () => client.send(ROOM, 2, 'lost'));
    await cluster.run(NOTICED_MS);
    expect(client.last('ack').cseq).toBe(1);
    expect(client.last('error')).toMatchObject({ code: 'out-of-order', cseq: 2, retry: true });
    client.send(ROOM, 2, 'lost');
    await cluster.run();
    expect(first.events(ROOM).at(-1)).toBe('4 2:lost');
  });

  test('[P16] a command behind a lost one is out of order', async () => {
    const client = await joined(edge);
    await losing(edge, owner, () => client.send(ROOM, 1, 'lost'));
    client.send(ROOM, 2, 'early');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'out-of-order', cseq: 1, retry: true });
    expect(first.events(ROOM)).toEqual(['2 +2']);
  });

  test('[P10] a lost AWAY is noticed, with other seats there', async () => {
    const client = await joined(edge);
    await joined(edge);
    await losing(edge, owner, () => client.drop());
    await cluster.run(NOTICED_MS);
    expect(statuses()).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
  });

  test('[P10] a lost DETACH is noticed', async () => {
    const client = await joined(edge);
    await losing(edge, owner, () => client.drop());
    await cluster.run(NOTICED_MS);
    expect(statuses()).toEqual([
      [1, true],
      [2, false],
    ]);
    expect(owner.owner(ROOM).feed.edges.size).toBe(0);
  });

  test('[P13] a JOIN behind a lost DETACH is not cut off when the loss is noticed', async () => {
    const gone = await joined(edge);
    await losing(edge, owner, () => gone.drop());
    const client = await joined(edge);
    await cluster.run(NOTICED_MS);
    first.send(ROOM, 1, 'hello');
    await cluster.run();
    expect(client.events(ROOM).at(-1)).toMatch(/1:hello$/);
    expect(statuses()).toEqual([
      [1, true],
      [2, false],
      [3, true],
    ]);
  });

  test('[P13] a JOIN in flight while other packets are lost is not cut off', async () => {
    const client = edge.connect();
    owner.losing.add('b');
    client.join(ROOM);
    await cluster.run(5);
    await losing(edge, owner, () => edge.connect().join('demo:2'));
    edge.connect().join('demo:3');
    await cluster.run(5);
    owner.losing.delete('b');
    await cluster.run(NOTICED_MS);
    first.send(ROOM, 1, 'hello');
    await cluster.run();
    expect(client.last('joined').me).toBe(2);
    expect(client.events(ROOM).at(-1)).toMatch(/1:hello$/);
  });
});

describe('in both directions, for a while', () => {
  test('[P14] whoever was behind the cut goes on where the room is', async () => {
    const client = await joined(edge);
    client.send(ROOM, 1, 'before');
    await cluster.run();
    owner.losing.add('b');
    edge.losing.add('a');
    client.send(ROOM, 2, 'lost');
    first.send(ROOM, 1, 'unheard');
    await cluster.run(1_500);
    owner.losing.delete('b');
    edge.losing.delete('a');
    await cluster.run(NOTICED_MS);
    expect(client.last('error')).toMatchObject({ code: 'out-of-order', cseq: 2 });
    client.send(ROOM, 2, 'lost');
    await cluster.run();
    expect(client.events(ROOM)).toEqual(['3 2:before', '4 1:unheard', '5 2:lost']);
    expect(first.events(ROOM)).toEqual(['2 +2', '3 2:before', '4 1:unheard', '5 2:lost']);
  });
});
