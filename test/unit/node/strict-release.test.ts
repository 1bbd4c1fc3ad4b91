/** [strict] A room that is given back while its node loses the right to act for it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineRoom } from '../../../src/room/definition.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';

const ROOM = 'bank:1';
const IDLE_MS = 10_000;

let cluster: CoreCluster;
let node: CoreNode;

beforeEach(async () => {
  cluster = new CoreCluster({
    definitions: [
      defineRoom({
        type: 'bank',
        durability: 'log',
        onPartition: 'strict',
        onMessage: (room, _member, type) => room.broadcast(type, null),
      }),
    ],
  });
  [node] = (await cluster.steady('a')) as [CoreNode];
});

afterEach(() => cluster.stop());

test('[P18] a room whose last frames were written when its lease was over opens again, with them', async () => {
  const client = node.connect();
  client.join(ROOM);
  await cluster.run();
  client.call(ROOM, 1, 'first');
  await cluster.run();
  node.gate.hold('log.append');
  client.call(ROOM, 2, 'last');
  client.leave(ROOM);
  await cluster.run(IDLE_MS + 500);
  expect(node.role(ROOM)).toBe('releasing');
  node.gate.failing.add('nodes.renew');
  await cluster.run(2 * NODE_TTL_MS);
  node.gate.release();
  await cluster.run();
  node.gate.failing.clear();
  await cluster.run(2 * IDLE_MS);
  const next = node.connect();
  next.join(ROOM);
  await cluster.run(500);
  // joined, first, last, left, joined
  expect(next.last('joined')).toMatchObject({ seq: 5 });
});
