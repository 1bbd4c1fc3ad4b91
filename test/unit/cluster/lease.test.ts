/** What an owner may rely on: nobody takes its room over while it holds its lease. */
import { beforeEach, expect, test } from 'vitest';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { BEAT_MS, Beating, TTL_MS } from './beating.ts';

let cluster: Beating;
let clock: VirtualClock;

beforeEach(() => {
  cluster = new Beating();
  clock = cluster.clock;
});

test('is there from the first renewal on, and stays without a gap', async () => {
  const [a] = await cluster.steady('a');
  for (let i = 0; i < 20; i++) {
    expect([a.membership.lease.holds(), a.membership.lease.term]).toEqual([true, 1]);
    await clock.run(BEAT_MS / 3);
  }
});

test('is over before the heartbeat can have run out, and comes back in another term', async () => {
  const [a] = await cluster.steady('a');
  a.mode = 'fail';
  await clock.run(TTL_MS - BEAT_MS - 1);
  expect(a.membership.lease.holds()).toBe(true);
  await clock.run(BEAT_MS);
  expect([a.membership.lease.holds(), cluster.store.nodes.live().length]).toEqual([false, 1]);
  a.mode = 'serve';
  await clock.run(BEAT_MS);
  expect([a.membership.lease.holds(), a.membership.lease.term]).toEqual([true, 2]);
});

test('counts from when a renewal was sent, not from its answer', async () => {
  const [a] = await cluster.steady('a');
  a.mode = 'stall';
  await clock.run(TTL_MS);
  const before = a.lapses;
  a.serveAgain();
  await clock.idle();
  // Sent at the first beat of the stall, answered a heartbeat before its time to live is over.
  expect([a.membership.lease.holds(), a.membership.lease.term, a.lapses]).toEqual([true, 2, before + 1]);
  a.mode = 'stall';
  await clock.run(BEAT_MS);
  expect(a.membership.lease.holds()).toBe(false);
});

test('a break that no renewal fell into ends no term', async () => {
  const [a] = await cluster.steady('a');
  a.membership.storeReturned();
  await clock.run(BEAT_MS);
  expect([a.membership.lease.holds(), a.membership.lease.term]).toEqual([true, 1]);
});

test('what an earlier store had granted is void', async () => {
  const [a] = await cluster.steady('a');
  a.mode = 'fail';
  a.membership.storeChanged();
  await clock.run(BEAT_MS);
  expect(a.membership.lease.holds()).toBe(false);
  a.mode = 'serve';
  await clock.run(BEAT_MS);
  expect([a.membership.lease.holds(), a.membership.lease.term]).toEqual([true, 2]);
});

test('is over when the node stops', async () => {
  const [a] = await cluster.steady('a');
  const stopped = a.membership.stop();
  expect(a.membership.lease.holds()).toBe(false);
  await stopped;
});
