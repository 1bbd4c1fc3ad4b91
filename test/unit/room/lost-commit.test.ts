/** A store that has lost a commit, as one that failed over to a replica which lagged, before anybody noticed. */
import { afterEach, expect, test } from 'vitest';
import { CoreCluster, NODE_TTL_MS } from '../../support/core-cluster.ts';

const ROOM = 'demo:1';
const DEBOUNCE_MS = 200;

const cluster = new CoreCluster();
afterEach(() => cluster.stop());

test.each(['in time', 'as the last one'])('[P18] a change that comes %s brings the whole room', async (when) => {
  const node = await cluster.node('a');
  await cluster.run(2 * NODE_TTL_MS);
  const client = node.connect();
  client.join(ROOM);
  client.set(ROOM, 1, { a: '1' });
  await cluster.run(2 * DEBOUNCE_MS);
  const before = cluster.store.rooms.get(ROOM)?.revision ?? 0;
  client.set(ROOM, 2, { b: '1' });
  await cluster.run(2 * DEBOUNCE_MS);
  const lagging = cluster.store.rooms.get(ROOM);
  if (lagging) lagging.revision = before;
  lagging?.state.delete('b');
  client.set(ROOM, 3, { c: '1' });
  if (when === 'in time') await cluster.run(3 * DEBOUNCE_MS);
  else await Promise.all([node.stop(), cluster.run()]);
  expect([...(cluster.store.rooms.get(ROOM)?.state.keys() ?? [])].sort()).toEqual(['a', 'b', 'c']);
  expect(node.counters.fenced).toBe(0);
});
