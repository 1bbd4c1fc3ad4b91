/** Commands of members (P15-P17), at the owner and behind an edge. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { CoreCluster, type CoreNode, GRACE_MS } from '../../support/core-cluster.ts';
import { stateOf, type VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const STATE_BYTES_MAX = 1_024;

describe.each(['the owner', 'an edge'])('at %s', (where) => {
  let cluster: CoreCluster;
  let owner: CoreNode;
  let here: CoreNode;
  /** Member 1, at the owner. */
  let first: VirtualClient;
  /** Member 2, here. */
  let client: VirtualClient;

  beforeEach(async () => {
    cluster = new CoreCluster({ node: { limits: { ...DEFAULT_LIMITS, stateBytesMax: STATE_BYTES_MAX } } });
    const [a, b] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
    owner = a;
    here = where === 'the owner' ? a : b;
    first = await joined(owner);
    client = await joined(here);
    first.take();
  });

  afterEach(() => cluster.stop());

  const joined = (node: CoreNode, resume: string | null = null): Promise<VirtualClient> =>
    cluster.joined(node, ROOM, resume);

  test('[P11] everybody sees the same events under the same seq', async () => {
    client.send(ROOM, 1, 'a');
    first.set(ROOM, 1, { k: 'v' }, ['gone']);
    client.send(ROOM, 2, 'b');
    await cluster.run();
    expect(client.events(ROOM)).toHaveLength(3);
    expect(client.events(ROOM)).toEqual(first.events(ROOM));
  });

  test('[P15] a repeated command is acknowledged and changes nothing', async () => {
    client.send(ROOM, 1, 'a');
    client.send(ROOM, 2, 'b');
    await cluster.run();
    client.send(ROOM, 1, 'a');
    client.send(ROOM, 2, 'b');
    await cluster.run();
    expect(client.all('ack').map(({ cseq }) => cseq)).toEqual([2]);
    expect(first.events(ROOM)).toEqual(['3 2:a', '4 2:b']);
  });

  test('[P16] a cseq beyond the next is refused with the number expected', async () => {
    client.send(ROOM, 3, 'early');
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'out-of-order', cseq: 1, retry: true, room: ROOM });
    expect(first.events(ROOM)).toEqual([]);
  });

  test('[P15] a SET over the state limit changes nothing and uses its cseq up', async () => {
    client.set(ROOM, 1, { keep: 'x' });
    client.set(ROOM, 2, { keep: 'y', big: 'x'.repeat(STATE_BYTES_MAX) }, ['keep']);
    client.set(ROOM, 3, { after: 'z' });
    await cluster.run();
    expect(client.last('error')).toMatchObject({ code: 'too-large', cseq: 2, retry: false });
    expect(first.events(ROOM)).toEqual(['3 2 set keep=x del ', '4 2 set after=z del ']);
    client.join(ROOM);
    await cluster.run();
    expect(stateOf(client.last('joined'))).toEqual({ keep: 'x', after: 'z' });
    expect(owner.owner(ROOM).state.bytes).toBe('keepxafterz'.length);
  });

  test('[P15] a SET with a key over its limit changes nothing and uses its cseq up', async () => {
    client.set(ROOM, 1, { fine: '1', ['k'.repeat(129)]: '1' });
    client.set(ROOM, 2, {}, ['k'.repeat(129)]);
    client.send(ROOM, 3, 'next');
    await cluster.run();
    expect(client.all('error').map(({ code, cseq }) => [code, cseq])).toEqual([
      ['too-large', 1],
      ['too-large', 2],
    ]);
    expect(first.events(ROOM)).toEqual(['3 2:next']);
  });

  test('[P15] SET sets first and deletes then', async () => {
    client.set(ROOM, 1, { a: '1', b: '1' }, ['a']);
    client.join(ROOM);
    await cluster.run();
    expect(stateOf(client.last('joined'))).toEqual({ b: '1' });
  });

  test('[P17] commands that follow JOIN without waiting are applied', async () => {
    const eager = here.connect();
    eager.join(ROOM);
    eager.send(ROOM, 1, 'at once');
    await cluster.run();
    expect(first.events(ROOM)).toEqual(['3 +3', '4 3:at once']);
    expect(eager.last('joined').me).toBe(3);
  });

  test('[P17] after a reconnect the renumbered rest is applied once', async () => {
    client.send(ROOM, 1, 'done');
    await cluster.run();
    client.drop();
    const again = await joined(here, client.resume);
    const { cseq } = again.last('joined');
    again.send(ROOM, cseq + 1, 'rest');
    await cluster.run();
    expect(first.events(ROOM).filter((event) => event.includes('2:'))).toEqual(['3 2:done', '6 2:rest']);
  });

  test('[P15] a new membership of the session counts from 1', async () => {
    client.send(ROOM, 1, 'before');
    client.drop();
    await cluster.run(GRACE_MS + 500);
    const again = await joined(here, client.resume);
    expect(again.last('joined')).toMatchObject({ me: 3, cseq: 0 });
    again.send(ROOM, 1, 'after');
    await cluster.run();
    expect(first.events(ROOM).at(-1)).toMatch(/3:after$/);
  });

  test('a frame grows no further than its soft limit and one command', async () => {
    for (let i = 1; i <= 20; i++) client.send(ROOM, i, 'x'.repeat(10_000));
    await cluster.run();
    const sizes = first.all('events').map(({ events }) => events.length);
    expect(sizes.reduce((sum, events) => sum + events, 0)).toBe(20);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(6);
  });
});

describe('an edge whose node the owner never got to know', () => {
  test('[P10] does not keep its members here', async () => {
    const cluster = new CoreCluster();
    const [owner] = (await cluster.steady('a')) as [CoreNode];
    const first = owner.connect();
    first.join(ROOM);
    await cluster.run();
    const edge = await cluster.node('b');
    const client = edge.connect();
    client.join(ROOM);
    await cluster.run();
    expect(client.last('joined').me).toBe(2);
    edge.crash();
    await cluster.store.nodes.delete('b');
    await cluster.run(30_000);
    expect(first.events(ROOM)).toContain('3 2 away');
    await cluster.stop();
  });
});
