/**
 * A node with thousands of clients dies. Their SDKs come to the other one within some 0.1 s; it opens their sessions in
 * shares, admits joins at its pace, and tells the rest to ask again, which they do with full jitter.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seededRng } from '../../../src/base/rng.ts';
import { ClientCore } from '../../../src/client/client-core.ts';
import type { RoomCore } from '../../../src/client/room-core.ts';
import { CoreCluster, type CoreNode, NODE_TTL_MS } from '../../support/core-cluster.ts';
import { CoreTransport } from '../../support/core-transport.ts';

const CLIENTS = 2_000;
const ROOMS = 100;
const JOINS_PER_SEC = 500;
/** The bucket is full when the storm begins. */
const IDEAL_MS = ((CLIENTS - JOINS_PER_SEC) / JOINS_PER_SEC) * 1_000;
const STEP_MS = 50;
/** Some seconds of work, more on a busy machine. */
const TIMEOUT = { timeout: 60_000 };

let cluster: CoreCluster;
let dying: CoreNode;
let other: CoreNode;
let transport: CoreTransport;
/** Where the load balancer leads to. */
let home: CoreNode;
let clients: ClientCore[];

beforeEach(async () => {
  cluster = new CoreCluster({ node: { joinsPerSec: JOINS_PER_SEC } });
  [dying, other] = (await cluster.steady('a', 'b')) as [CoreNode, CoreNode];
  transport = new CoreTransport(cluster.clock, seededRng(7), () => home);
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.close();
  await cluster.stop();
});

/** One client in each room in turn, as slowly as the node admits them. */
async function join(node: CoreNode, count: number): Promise<RoomCore[]> {
  home = node;
  const rooms: RoomCore[] = [];
  for (let i = 0; i < count; i++) {
    const ports = { clock: cluster.clock, rng: seededRng(1_000 + clients.length), transport };
    const client = new ClientCore(ports, { url: 'ws://test/ws' });
    clients.push(client);
    client.start();
    rooms.push(client.join(`demo:${i % ROOMS}`));
    await cluster.run(1_000 / JOINS_PER_SEC);
  }
  await cluster.run(1_000);
  expect(rooms.every((room) => room.attached)).toBe(true);
  return rooms;
}

/** The node is gone and its clients know it. */
async function crash(): Promise<void> {
  home = other;
  dying.crash();
  transport.crashed(dying);
  await cluster.run(10);
}

/** Runs until all are back; answers after how long, and how many joins had been admitted at the end of each step. */
async function back(rooms: readonly RoomCore[]): Promise<{ afterMs: number; admitted: number[] }> {
  const from = cluster.clock.now();
  const before = other.counters.joins;
  const admitted = [0];
  while (rooms.some((room) => !room.attached)) {
    if (cluster.clock.now() - from > 60_000) throw new Error('not all came back within a minute');
    await cluster.run(STEP_MS);
    admitted.push(other.counters.joins - before);
  }
  return { afterMs: cluster.clock.now() - from, admitted };
}

test('2,000 clients of a dead node are back at the pace of the limit, each with few tries', TIMEOUT, async () => {
  const inside = await join(other, ROOMS);
  const rooms = await join(dying, CLIENTS);
  const seen = inside.map((room) => room.epoch);
  await crash();
  const { afterMs, admitted } = await back(rooms);
  // In no time more than its burst, and what the limit gives for that time.
  for (const [i, count] of admitted.entries()) {
    for (let j = 0; j < i; j++) {
      const limit = JOINS_PER_SEC * (1 + ((i - j) * STEP_MS) / 1_000);
      expect(count - (admitted[j] ?? 0)).toBeLessThanOrEqual(limit);
    }
  }
  expect(afterMs).toBeLessThan(IDEAL_MS + 2_000);
  expect(other.counters.joinsRefused).toBeLessThan(5 * CLIENTS);
  // Who was there before is not touched.
  expect(inside.every((room, i) => room.attached && room.epoch === seen[i])).toBe(true);
});

test('rooms of the dead node are claimed once, however many of their members ask', TIMEOUT, async () => {
  const rooms = await join(dying, CLIENTS);
  const members = rooms.map((room) => room.me);
  await crash();
  const { afterMs } = await back(rooms);
  expect(other.counters.takeOvers).toBe(ROOMS);
  // The first claim finds an owner that is not known to be dead yet.
  expect(other.counters.claims).toBeLessThanOrEqual(2 * ROOMS);
  expect(rooms.map((room) => room.me)).toEqual(members);
  expect(afterMs).toBeLessThan(NODE_TTL_MS + IDEAL_MS + 2_000);
});
