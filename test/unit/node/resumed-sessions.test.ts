/** Of each session one connection stays open in the cluster, whatever is lost between its nodes. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CLOSE } from '../../../src/protocol/codes.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

/** A beat of the peers, in which a loss is noticed, and the time in which sessions are told. */
const HEALED_MS = 1_500;

let cluster: CoreCluster;
let before: CoreNode;
let after: CoreNode;
let older: VirtualClient;

beforeEach(async () => {
  cluster = new CoreCluster();
  [before, after] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
  older = before.connect();
  await cluster.run();
});

afterEach(() => cluster.stop());

async function resumeWhile(losing: () => void, found: () => void): Promise<VirtualClient> {
  losing();
  const newer = after.connect(older.resume);
  await cluster.run();
  expect(older.closed).toBeNull();
  found();
  await cluster.run(HEALED_MS);
  return newer;
}

test('[P4] an older connection closes although the word of the newer one was lost', async () => {
  const newer = await resumeWhile(
    () => after.losing.add(before.id),
    () => after.losing.delete(before.id),
  );
  expect([older.closed?.code, newer.closed]).toEqual([CLOSE.replaced, null]);
});

test('[P4] the same where nothing came through in either direction for longer than nodes remember each other', async () => {
  const newer = await resumeWhile(
    () => {
      for (const { gate } of [before, after]) gate.isCut = true;
    },
    () => {},
  );
  await cluster.run(20 * NODE_TTL_MS + 60_000);
  expect(older.closed).toBeNull();
  for (const { gate, core } of [before, after]) {
    gate.isCut = false;
    core.storeReturned();
  }
  await cluster.run(2 * NODE_TTL_MS);
  expect([older.closed?.code, newer.closed]).toEqual([CLOSE.replaced, null]);
});

test('[P4] where the older connection is on the node that was told, it is closed from there', async () => {
  const newer = await resumeWhile(
    () => after.losing.add(before.id),
    () => {
      after.losing.delete(before.id);
      before.losing.add(after.id);
    },
  );
  before.losing.delete(after.id);
  await cluster.run(HEALED_MS);
  expect([older.closed?.code, newer.closed]).toEqual([CLOSE.replaced, null]);
});
