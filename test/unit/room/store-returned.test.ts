/** What waited for a store that was away is written as soon as the node learns that it is back. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CoreCluster, type CoreNode } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

/** Long enough for the back-offs to reach their ceilings. */
const AWAY_MS = 20_000;
/** More than SNAPSHOT_DEBOUNCE_MS, less than what is left of a back-off then. */
const SOON_MS = 400;

let cluster: CoreCluster;
let node: CoreNode;

beforeEach(async () => {
  cluster = new CoreCluster();
  node = await cluster.node('a');
});

afterEach(() => cluster.stop());

async function joined(room: string): Promise<VirtualClient> {
  const client = node.connect();
  client.join(room);
  await cluster.run();
  return client;
}

test('frames of log rooms', async () => {
  const client = await joined('ledger:1');
  node.gate.failing.add('log.append');
  client.send('ledger:1', 1, 'held');
  await cluster.run(AWAY_MS);
  node.gate.failing.clear();
  await cluster.run();
  expect(client.events('ledger:1'), 'or this shows nothing').toEqual([]);
  node.core.storeReturned();
  await cluster.run();
  expect(client.events('ledger:1')).toEqual(['2 1:held']);
});

test('snapshots', async () => {
  const stored = () => [...(cluster.store.rooms.get('demo:1')?.state.keys() ?? [])];
  const client = await joined('demo:1');
  node.gate.failing.add('snapshots.commit');
  client.set('demo:1', 1, { a: '1' });
  await cluster.run(AWAY_MS);
  node.gate.failing.clear();
  await cluster.run(SOON_MS);
  expect(stored(), 'or this shows nothing').toEqual([]);
  node.core.storeReturned();
  await cluster.run(SOON_MS);
  expect(stored()).toEqual(['a']);
});
