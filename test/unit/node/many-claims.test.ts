/** A node with many rooms dies: how the others ask for all of them. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { StorePorts } from '../../../src/node/store-ports.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import type { VirtualClient } from '../../support/virtual-client.ts';

const ROOMS = 1_000;
/** CLAIMS_MAX of the registry. */
const UNDER_WAY_MAX = 256;

let cluster: CoreCluster;

beforeEach(() => {
  cluster = new CoreCluster();
});

afterEach(() => cluster.stop());

/** Each claim takes a while; how many at once. */
function slowClaims(ports: StorePorts): { readonly ports: StorePorts; readonly most: () => number } {
  const { directory } = ports;
  let underWay = 0;
  let most = 0;
  return {
    most: () => most,
    ports: {
      ...ports,
      directory: {
        isShared: true,
        claim: async (request) => {
          most = Math.max(most, ++underWay);
          await new Promise<void>((resolve) => void cluster.clock.after(5, resolve));
          underWay--;
          return directory.claim(request);
        },
        transfer: (...args) => directory.transfer(...args),
        release: (...args) => directory.release(...args),
      },
    },
  };
}

const room = (i: number): string => `demo:${i}`;

async function joinAll(node: CoreNode): Promise<VirtualClient[]> {
  const clients = Array.from({ length: ROOMS }, (_, i) => {
    const client = node.connect();
    client.join(room(i));
    return client;
  });
  await cluster.run(500);
  return clients;
}

test('1,000 rooms of a dead node are claimed some hundreds at a time, and each gets its SYNC', async () => {
  const a = await cluster.node('a');
  const slow = slowClaims(cluster.ports());
  const b = await cluster.node('b', slow.ports);
  await cluster.run(2 * NODE_TTL_MS);
  await joinAll(a);
  const behind = await joinAll(b);
  expect(behind.every((client) => client.all('joined').length === 1)).toBe(true);
  a.crash();
  await cluster.run(2 * NODE_TTL_MS);
  expect(b.counters.takeOvers).toBe(ROOMS);
  expect(slow.most()).toBe(UNDER_WAY_MAX);
  expect(behind.every((client) => client.all('sync').length === 1)).toBe(true);
});

test('a claim that fails lets the next one go', async () => {
  const slow = slowClaims(cluster.ports());
  const node = await cluster.node('a', slow.ports);
  node.gate.failing.add('directory.claim');
  const clients = await joinAll(node);
  node.gate.failing.clear();
  await cluster.run(5_000);
  for (const [i, client] of clients.entries()) if (client.all('joined').length === 0) client.join(room(i));
  await cluster.run(500);
  expect(clients.every((client) => client.all('joined').length === 1)).toBe(true);
});

test('a node that stops makes no claim that waits for its turn', async () => {
  const slow = slowClaims(cluster.ports());
  const node = await cluster.node('a', slow.ports);
  node.gate.hold('directory.claim');
  await joinAll(node);
  const claimed = node.counters.claims;
  expect(claimed).toBe(UNDER_WAY_MAX);
  const stopped = node.stop();
  node.gate.release();
  await cluster.run(2_000);
  await stopped;
  expect(node.counters.claims).toBe(claimed);
  expect(node.clock.timers).toBe(0);
});
