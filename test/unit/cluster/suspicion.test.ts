/** A dead process is found by its connections, long before its heartbeat runs out; and nobody else is. */
import { beforeEach, describe, expect, test } from 'vitest';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { BEAT_MS, Beating, type Node, TTL_MS } from './beating.ts';

/** Both looks and the time between them. */
const LOOKED_MS = 200;

let cluster: Beating;
let clock: VirtualClock;

beforeEach(() => {
  cluster = new Beating();
  clock = cluster.clock;
});

/** b no longer beats, and the store has none of its connections. */
async function bDies(): Promise<[Node, Node]> {
  const nodes = await cluster.steady('a', 'b');
  nodes[1].mode = 'stall';
  cluster.connected.set('b:1', false);
  return nodes;
}

/** What PUBLISH tells with each beat of the peers. */
async function suspectFor(node: Node, ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 250) {
    void node.membership.suspect('b:1');
    await clock.run(250);
  }
}

describe('a node that nobody listens to', () => {
  test('is presumed dead when the store has none of its connections, and certainly when its key has run out', async () => {
    const [a] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('?b:1');
    expect([a.known, a.membership.isDead('b:1', 'presumed')]).toEqual([['a:1'], true]);
    expect(a.membership.isDead('b:1', 'certain')).toBe(false);
    await expect(a.membership.find('b:1', 'presumed')).resolves.toBe('gone');
    await expect(a.membership.find('b:1', 'certain')).resolves.toBe('unknown');
    await clock.run(TTL_MS + BEAT_MS);
    expect(a.heard.slice(-2)).toEqual(['?b:1', '-b:1']);
    expect(a.membership.isDead('b:1', 'certain')).toBe(true);
    await expect(a.membership.find('b:1', 'certain')).resolves.toBe('gone');
    expect(a.counters).toMatchObject({ suspicions: 1, nodesBuried: 1, nodesBuriedAlive: 0 });
  });

  test('is told gone once, however often it is suspected', async () => {
    const [a] = await bDies();
    await suspectFor(a, 2 * TTL_MS);
    expect(a.heard.filter((event) => event.endsWith('b:1'))).toEqual(['+b:1', '?b:1', '-b:1']);
  });

  test('is presumed dead by the beat that it had when its connections were gone, not by the one we knew', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    // Half a beat after our last look at it.
    await clock.run(BEAT_MS / 2);
    b.membership.storeReturned();
    await clock.run(1);
    b.mode = 'stall';
    cluster.connected.set('b:1', false);
    await suspectFor(a, 2 * BEAT_MS);
    expect(a.heard.filter((event) => event.endsWith('b:1'))).toEqual(['+b:1', '?b:1']);
  });

  test('lives when the store has a connection of it: its subscription alone was cut', async () => {
    const [a] = await cluster.steady('a', 'b');
    cluster.connected.set('b:1', true);
    await suspectFor(a, 2 * TTL_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
    expect(a.counters.suspicions).toBeGreaterThan(10);
  });

  test('lives until its key has run out where the store does not show connections', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    await suspectFor(a, TTL_MS - BEAT_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
    await suspectFor(a, 2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });

  test('lives when it connects again at once', async () => {
    const [a] = await cluster.steady('a', 'b');
    cluster.connected.set('b:1', false);
    void a.membership.suspect('b:1');
    await clock.run(100);
    cluster.connected.set('b:1', true);
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('lives when a packet of it comes between the looks', async () => {
    const [a] = await cluster.steady('a', 'b');
    cluster.connected.set('b:1', false);
    void a.membership.suspect('b:1');
    await clock.run(100);
    a.membership.heard('b:1');
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('lives when it beats between the looks', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    cluster.connected.set('b:1', false);
    void a.membership.suspect('b:1');
    await clock.run(100);
    b.membership.storeReturned();
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('is looked for once at a time, and not all the time', async () => {
    const [a] = await cluster.steady('a', 'b');
    cluster.connected.set('b:1', true);
    for (let i = 0; i < 100; i++) {
      void a.membership.suspect('b:1');
      await clock.run(10);
    }
    expect(a.looks).toBeLessThan(6);
  });

  test('is not looked for when it is unknown, or oneself', async () => {
    const [a] = await cluster.steady('a', 'b');
    void a.membership.suspect('a:1');
    void a.membership.suspect('b:2');
    await clock.run(LOOKED_MS);
    expect(a.looks).toBe(0);
  });

  test('nothing runs after stop in the midst of a suspicion', async () => {
    const [a, b] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(50);
    await a.membership.stop();
    b.serveAgain();
    await b.membership.stop();
    expect(clock.timers).toBe(0);
  });
});

describe('nobody is presumed dead', () => {
  test('within one TTL after the connection to the store came back', async () => {
    const [a] = await bDies();
    a.membership.storeReturned();
    await suspectFor(a, TTL_MS - BEAT_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('when that happens between the looks', async () => {
    const [a] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(100);
    a.membership.storeReturned();
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('while the store is away', async () => {
    const [a] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(100);
    a.mode = 'fail';
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });
});

describe('a node that was presumed dead wrongly', () => {
  test('is up again with its next beat, and can be presumed dead again', async () => {
    const [a, b] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(LOOKED_MS);
    b.serveAgain();
    await clock.run(2 * BEAT_MS);
    expect(a.heard.slice(-2)).toEqual(['?b:1', '+b:1']);
    expect([a.known, a.membership.isDead('b:1', 'presumed')]).toEqual([['a:1', 'b:1'], false]);
    expect(a.counters.nodesBuriedAlive).toBe(1);
    b.mode = 'stall';
    void a.membership.suspect('b:1');
    await clock.run(LOOKED_MS);
    expect(a.heard.at(-1)).toBe('?b:1');
  });

  test('is up again in a store that lost its data meanwhile', async () => {
    const [a, b] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(LOOKED_MS);
    cluster.store.clear();
    a.membership.storeReturned();
    b.serveAgain();
    b.membership.storeReturned();
    await clock.run(2 * TTL_MS);
    expect(a.heard.slice(-2)).toEqual(['?b:1', '+b:1']);
  });
});

describe('a node with a newer life under its id', () => {
  test('is certainly dead when its own heartbeat would have run out', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    await cluster.node('b', '2');
    await clock.run(TTL_MS);
    expect(a.heard.slice(-2)).toEqual(['+b:2', '?b:1']);
    expect(a.membership.isDead('b:1', 'certain')).toBe(false);
    await clock.run(2 * BEAT_MS);
    expect(a.heard.slice(-2)).toEqual(['?b:1', '-b:1']);
    expect(a.membership.isDead('b:1', 'certain')).toBe(true);
    expect(a.known).toEqual(['a:1', 'b:2']);
  });

  test('is told gone again when it was presumed dead by its connections before', async () => {
    const [a] = await bDies();
    void a.membership.suspect('b:1');
    await clock.run(LOOKED_MS);
    await cluster.node('b', '2');
    await clock.run(TTL_MS + 2 * BEAT_MS);
    expect(a.heard.slice(-3)).toEqual(['?b:1', '+b:2', '-b:1']);
  });
});
