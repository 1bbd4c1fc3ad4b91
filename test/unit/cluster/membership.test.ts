import { beforeEach, describe, expect, test } from 'vitest';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { BEAT_MS, Beating, TTL_MS } from './beating.ts';

let cluster: Beating;
let clock: VirtualClock;

beforeEach(() => {
  cluster = new Beating();
  clock = cluster.clock;
});

describe('coming and going', () => {
  test('a node hears of itself and of others within a beat', async () => {
    const a = await cluster.node('a');
    await cluster.node('b');
    await clock.run(BEAT_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
  });

  test('a node that stops in peace is gone at the next beat', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    await b.membership.stop();
    await clock.run(BEAT_MS);
    expect(a.heard.at(-1)).toBe('?b:1');
    expect(a.known).toEqual(['a:1']);
    // Its key was taken away, or a step of the store's clock ended it: by the last beat its lease may go on.
    expect(a.membership.isDead('b:1', 'certain')).toBe(false);
    await clock.run(TTL_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
    expect(a.membership.isDead('b:1', 'certain')).toBe(true);
  });

  test('a node that does not renew is down after its TTL, and not before', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    await clock.run(TTL_MS - BEAT_MS);
    expect(a.known).toContain('b:1');
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });

  test('a newer life proves the older one dead at once, new before old', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    await cluster.node('b', '2');
    await clock.run(BEAT_MS);
    expect(a.heard.slice(-2)).toEqual(['+b:2', '?b:1']);
    expect(a.membership.isDead('b:1', 'presumed')).toBe(true);
  });

  test('nothing runs after stop', async () => {
    const a = await cluster.node('a');
    await a.membership.stop();
    expect(clock.timers).toBe(0);
    expect(cluster.store.nodes.live()).toEqual([]);
  });
});

describe('who may be taken over', () => {
  test('nobody within one TTL after the start', async () => {
    const a = await cluster.node('a');
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(false);
    await clock.run(1);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(true);
  });

  test('nobody within one TTL after the store was away', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    a.mode = 'fail';
    b.mode = 'fail';
    await clock.run(2 * TTL_MS);
    a.mode = 'serve';
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('b:1', 'presumed')).toBe(false);
    expect(a.known).toContain('b:1');
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });

  test('nobody for an older life that was there before the store was away', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    a.mode = 'fail';
    b.mode = 'fail';
    // Its newer life owns rooms meanwhile, and comes back to the store later than this node.
    await clock.run(2 * TTL_MS);
    a.mode = 'serve';
    await clock.run(BEAT_MS);
    expect(a.known).toContain('b:1');
    expect(a.membership.isDead('b:2', 'presumed')).toBe(false);
    expect(a.membership.isDead('b:2', 'certain')).toBe(false);
  });

  test('nobody within one TTL after the store was away, whatever was presumed before', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    cluster.connected.set('b:1', false);
    await Promise.all([a.membership.suspect('b:1'), clock.run(BEAT_MS)]);
    expect(a.membership.isDead('b:1', 'presumed')).toBe(true);
    a.membership.storeReturned();
    expect(a.membership.isDead('b:1', 'presumed')).toBe(false);
  });

  test('nobody for an older life that a store which lags still shows', async () => {
    const a = await cluster.node('a');
    const older = await cluster.node('b');
    await clock.run(BEAT_MS);
    older.mode = 'stall';
    // Its newer life owns rooms, and is about to register.
    a.membership.storeReturned();
    await clock.run(1);
    expect(a.known).toContain('b:1');
    expect(a.membership.isDead('b:2', 'presumed')).toBe(false);
  });

  test('nobody within one TTL after a stall of the store in which keys ran out', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    a.mode = 'stall';
    b.mode = 'stall';
    await clock.run(2 * TTL_MS);
    a.serveAgain();
    await clock.run(BEAT_MS);
    expect(a.heard).not.toContain('-b:1');
    b.serveAgain();
    await clock.run(2 * TTL_MS);
    expect(a.heard).not.toContain('-b:1');
  });

  test('nobody within one TTL after the connection to the store came back, though no renewal failed', async () => {
    const [a] = await cluster.steady('a');
    const before = a.lapses;
    a.membership.storeReturned();
    await clock.idle();
    expect(a.lapses).toBe(before + 1);
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(false);
    await clock.run(1);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(true);
  });

  test('nobody when the store turns out to be another one', async () => {
    const [a] = await cluster.steady('a');
    a.membership.storeChanged();
    expect(a.membership.isDead('x:1', 'presumed')).toBe(false);
    await clock.run(TTL_MS + BEAT_MS);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(true);
  });

  test('no node that is known, and not oneself', async () => {
    const [a] = await cluster.steady('a', 'b');
    expect([a.membership.isDead('a:1', 'presumed'), a.membership.isDead('b:1', 'presumed')]).toEqual([false, false]);
  });

  test('an earlier life of oneself, even before the first TTL is over', async () => {
    const a = await cluster.node('a', '2');
    expect(a.membership.isDead('a:1', 'presumed')).toBe(true);
  });
});

describe('a store whose clock is set', () => {
  test('ahead, so that all keys run out at once, gets nobody taken for dead', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    const before = a.lapses;
    b.mode = 'stall';
    cluster.storeClock.aheadMs = TTL_MS;
    await clock.run(TTL_MS - 1);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
    expect([a.membership.isDead('x:1', 'presumed'), a.lapses]).toEqual([false, before + 1]);
    b.serveAgain();
    await clock.run(2 * TTL_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(true);
  });

  test('ahead by less than a time to live is noticed as well', async () => {
    const [a] = await cluster.steady('a');
    cluster.storeClock.aheadMs = TTL_MS / 2;
    await clock.run(BEAT_MS);
    expect(a.membership.isDead('x:1', 'presumed')).toBe(false);
  });

  test('back, so that the key of a dead node stays, gets that one taken for dead all the same', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    cluster.storeClock.aheadMs = -180_000;
    await clock.run(2 * TTL_MS - BEAT_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
    expect(a.membership.isDead('b:1', 'certain')).toBe(true);
    await expect(a.membership.find('b:1', 'certain')).resolves.toBe('gone');
    await clock.run(2 * TTL_MS);
    expect(a.heard.filter((event) => event === '-b:1')).toHaveLength(1);
    b.serveAgain();
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('back: a node that was taken for dead and heard of after that is told gone again in the end', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    cluster.storeClock.aheadMs = -180_000;
    await clock.run(2 * TTL_MS + BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
    a.membership.heard('b:1');
    await clock.run(2 * TTL_MS);
    expect(a.heard.filter((event) => event === '-b:1')).toHaveLength(1);
    cluster.storeClock.aheadMs = 0;
    await clock.run(3 * TTL_MS);
    expect(a.heard.filter((event) => event === '-b:1')).toHaveLength(2);
    await clock.run(2 * TTL_MS);
    expect(a.heard.filter((event) => event === '-b:1')).toHaveLength(2);
  });

  test('back, makes a presumed death certain after a while', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    cluster.connected.set('b:1', false);
    cluster.storeClock.aheadMs = -180_000;
    void a.membership.suspect('b:1');
    await clock.run(TTL_MS);
    expect(a.heard.at(-1)).toBe('?b:1');
    await clock.run(TTL_MS + BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });
});

describe('what others may have done without us', () => {
  test('a node that comes and goes between two beats is told gone when it was heard of', async () => {
    const [a] = await cluster.steady('a');
    a.membership.heard('b:1');
    await clock.run(BEAT_MS);
    expect(a.heard.at(-1)).toBe('?b:1');
    await clock.run(2 * TTL_MS);
    expect(a.heard.slice(1)).toEqual(['?b:1', '-b:1']);
  });

  test('a node that is heard of before the list shows it is not told gone', async () => {
    const [a] = await cluster.steady('a');
    await cluster.node('b');
    a.membership.heard('b:1');
    await clock.run(TTL_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
  });

  test('a lapse of the own key is told at once, and again when no other can still act on it', async () => {
    const [a] = await cluster.steady('a');
    const before = a.lapses;
    a.mode = 'fail';
    await clock.run(TTL_MS);
    a.mode = 'serve';
    await clock.run(BEAT_MS);
    expect(a.lapses).toBe(before + 1);
    await clock.run(2 * TTL_MS);
    expect(a.lapses).toBe(before + 2);
  });
});

describe('find', () => {
  test('sees a node that came since the last beat', async () => {
    const [a] = await cluster.steady('a');
    await cluster.node('b');
    await expect(a.membership.find('b:1', 'presumed')).resolves.toBe('alive');
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('sees a newer life of a node while the older one is on the list', async () => {
    const [a, b] = await cluster.steady('a', 'b');
    b.mode = 'stall';
    await cluster.node('b', '2');
    await expect(a.membership.find('b:2', 'presumed')).resolves.toBe('alive');
  });

  test('sees it while a renewal from before is under way', async () => {
    const [a] = await cluster.steady('a');
    a.mode = 'stall';
    await clock.run(BEAT_MS);
    await cluster.node('b');
    const found = a.membership.find('b:1', 'presumed');
    a.serveAgain();
    await expect(found).resolves.toBe('alive');
  });

  test('tells that a node is gone', async () => {
    const [a] = await cluster.steady('a');
    await expect(a.membership.find('b:1', 'presumed')).resolves.toBe('gone');
  });

  test('can not tell while the store is away', async () => {
    const [a] = await cluster.steady('a');
    a.mode = 'fail';
    await expect(a.membership.find('b:1', 'presumed')).resolves.toBe('unknown');
  });
});
