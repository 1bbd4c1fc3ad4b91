/** Joining and resuming (P6-P10) with the room on this node and on another one: the rules are the same. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CoreCluster, type CoreNode, GRACE_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';

describe.each(['the owner', 'an edge'])('at %s', (where) => {
  let cluster: CoreCluster;
  let owner: CoreNode;
  let here: CoreNode;
  /** Has made the room; member 1, at the owner. */
  let first: VirtualClient;

  beforeEach(async () => {
    cluster = new CoreCluster();
    const [a, b] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
    owner = a;
    here = where === 'the owner' ? a : b;
    first = await joined(owner);
    first.set(ROOM, 1, { color: 'red' });
    await cluster.run();
  });

  afterEach(() => cluster.stop());

  const joined = (node: CoreNode, resume: string | null = null): Promise<VirtualClient> =>
    cluster.joined(node, ROOM, resume);

  test('[P6] JOIN gives roster and state with the own join event inside', async () => {
    const client = await joined(here);
    const answer = client.last('joined');
    expect(answer).toMatchObject({ me: 2, cseq: 0, seq: 3 });
    expect(answer.roster?.map(({ member, status }) => [member, status])).toEqual([
      [1, 1],
      [2, 1],
    ]);
    expect(stateOf(answer)).toEqual({ color: 'red' });
    expect(client.all('events')).toEqual([]);
  });

  test('[P6] the meta of the JOIN that made the membership stays', async () => {
    const client = here.connect();
    client.join(ROOM, null, 'one');
    await cluster.run();
    client.join(ROOM, null, 'two');
    await cluster.run();
    const entry = client.last('joined').roster?.find(({ member }) => member === 2);
    expect(Buffer.from(entry?.meta ?? []).toString()).toBe('one');
  });

  test('[P7] a since that is remembered gives exactly the missing events', async () => {
    const client = await joined(here);
    const { epoch, seq } = client.last('joined');
    for (const [i, payload] of ['x', 'y', 'z'].entries()) first.send(ROOM, i + 2, payload);
    await cluster.run();
    client.take();
    client.join(ROOM, { epoch, seq: seq + 1 });
    await cluster.run();
    expect(client.last('joined')).toMatchObject({ epoch, seq: seq + 1, roster: null, state: null });
    const got = client.events(ROOM);
    expect(got.slice(-2)).toEqual([`${seq + 2} 1:y`, `${seq + 3} 1:z`]);
  });

  test('[P6] a since of another epoch gives a snapshot', async () => {
    const client = await joined(here);
    const { epoch, seq } = client.last('joined');
    client.join(ROOM, { epoch: epoch - 1, seq });
    await cluster.run();
    expect(client.last('joined').roster).not.toBeNull();
  });

  test('[P6] a since from the future gives a snapshot', async () => {
    const client = await joined(here);
    const { epoch, seq } = client.last('joined');
    client.join(ROOM, { epoch, seq: seq + 1 });
    await cluster.run();
    expect(client.last('joined')).toMatchObject({ seq, me: 2 });
    expect(client.last('joined').roster).not.toBeNull();
  });

  test('[P8] me and cseq stay through a reconnect', async () => {
    const client = await joined(here);
    client.send(ROOM, 1, 'hello');
    client.send(ROOM, 2, 'again');
    await cluster.run();
    const { resume } = client;
    client.drop();
    await cluster.run();
    const again = await joined(here, resume);
    expect(again.last('joined')).toMatchObject({ me: 2, cseq: 2 });
  });

  test('[P8] me and cseq stay through a reconnect to the other node', async () => {
    const client = await joined(here);
    client.send(ROOM, 1, 'hello');
    await cluster.run();
    client.drop();
    const other = here === owner ? (cluster.nodes[1] as CoreNode) : owner;
    const again = await joined(other, client.resume);
    expect(again.last('joined')).toMatchObject({ me: 2, cseq: 1 });
  });

  test('[P9] JOIN for a joined room makes no second member', async () => {
    const client = await joined(here);
    client.join(ROOM);
    await cluster.run();
    expect(client.last('joined')).toMatchObject({ req: 2, me: 2 });
    expect(client.last('joined').roster).toHaveLength(2);
  });

  test('[P10] a lost connection is away, and back when it resumes', async () => {
    const client = await joined(here);
    client.drop();
    await cluster.run();
    await joined(here, client.resume);
    expect(first.events(ROOM).slice(-2)).toEqual(['4 2 away', '5 2 here']);
  });

  test('[P10] after its grace time the member leaves, and a later JOIN makes a new one', async () => {
    const client = await joined(here);
    client.drop();
    await cluster.run(GRACE_MS + 500);
    expect(first.events(ROOM).slice(-2)).toEqual(['4 2 away', '5 -2 1']);
    const again = await joined(here, client.resume);
    expect(again.last('joined')).toMatchObject({ me: 3, cseq: 0 });
  });

  test('[P11] LEAVE is answered, and the others see it', async () => {
    const client = await joined(here);
    const req = client.leave(ROOM);
    await cluster.run();
    expect(client.last('left')).toMatchObject({ req, room: ROOM });
    expect(first.events(ROOM).at(-1)).toBe('4 -2 0');
    expect(client.topics).toEqual([]);
    first.send(ROOM, 2, 'unheard');
    await cluster.run();
    expect(client.frames.at(-1)?.op).toBe('left');
  });

  test('[P4] a second connection of the session closes the first with 4502, wherever it is', async () => {
    const client = await joined(here);
    const elsewhere = here === owner ? (cluster.nodes[1] as CoreNode) : owner;
    const again = elsewhere.connect(client.resume);
    await cluster.run();
    expect(client.closed?.code).toBe(4502);
    again.join(ROOM);
    await cluster.run();
    expect(again.last('joined').me).toBe(2);
  });
});
