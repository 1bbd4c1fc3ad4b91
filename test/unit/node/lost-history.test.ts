/** A client that an owner answered which did not know that it was none any more: what its room made of it is lost. */
import { afterEach, expect, test } from 'vitest';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const ROOM = 'demo:1';
const COMMITTED_MS = 500;

const cluster = new CoreCluster();
afterEach(() => cluster.stop());

const joined = (node: CoreNode, resume: string | null = null): Promise<VirtualClient> =>
  cluster.joined(node, ROOM, resume);

test('[P15] the count of another life of its session ends none of its commands: it begins a membership anew', async () => {
  const [a, b] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
  const first = await joined(a);
  await joined(b);
  await cluster.run(COMMITTED_MS);
  first.drop();
  a.gate.isCut = true;
  await cluster.run(2 * NODE_TTL_MS);
  // At the new owner the session goes on, and its commands count.
  const elsewhere = await joined(b, first.resume);
  const { me } = elsewhere.last('joined');
  for (let cseq = 1; cseq <= 5; cseq++) elsewhere.send(ROOM, cseq, 'x');
  await cluster.run();
  elsewhere.drop();
  // The old one is asked by the same session, and answers as if nothing had been.
  const back = await joined(a, elsewhere.resume);
  expect(back.last('joined')).toMatchObject({ me, cseq: 0 });
  back.send(ROOM, 1, 'lost');
  await cluster.run();
  a.gate.isCut = false;
  a.core.storeReturned();
  await cluster.run(2 * NODE_TTL_MS);
  expect(back.frames.filter(({ op }) => op === 'sync')).toEqual([]);
  expect(back.last('error')).toMatchObject({ code: 'not-joined', room: ROOM, req: null, cseq: null });
  back.join(ROOM);
  await cluster.run();
  expect(back.last('joined').cseq).toBe(0);
  expect(back.last('joined').me).toBeGreaterThan(me);
});
