import { expect, test } from 'vitest';
import { onBothStores } from './worlds.ts';

const TTL_MS = 60_000;

onBothStores((world) => {
  test('[session] the generation is one more with each connection', async () => {
    await expect(world().sessions.open('s', 0, TTL_MS)).resolves.toBe(1);
    await expect(world().sessions.open('s', 1, TTL_MS)).resolves.toBe(2);
    await expect(world().sessions.open('other', 0, TTL_MS)).resolves.toBe(1);
  });

  test('[session] an older token gets a generation above all that were given out', async () => {
    for (let i = 0; i < 5; i++) await world().sessions.open('s', i, TTL_MS);
    await expect(world().sessions.open('s', 2, TTL_MS)).resolves.toBe(6);
  });

  test('[session] a store that lost its data goes on above the token', async () => {
    await world().sessions.open('s', 6, TTL_MS);
    await world().forget();
    await expect(world().sessions.open('s', 7, TTL_MS)).resolves.toBe(8);
  });

  test('[session] of many connections at once no two get the same generation', async () => {
    const all = await Promise.all(Array.from({ length: 50 }, (_, i) => world().sessions.open('s', i % 3, TTL_MS)));
    expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  test('[session] is kept for its time from the last connection on', async () => {
    await world().sessions.open('s', 9, TTL_MS);
    await world().passMs(TTL_MS * 0.7);
    await world().sessions.open('s', 0, TTL_MS);
    await world().passMs(TTL_MS * 0.7);
    await expect(world().sessions.open('s', 0, TTL_MS)).resolves.toBe(12);
    await world().passMs(TTL_MS);
    await expect(world().sessions.open('s', 0, TTL_MS)).resolves.toBe(1);
  });

  test('[session] generations keep all their digits', async () => {
    await world().sessions.open('s', 9_007_199_254_740_000, TTL_MS);
    await expect(world().sessions.open('s', 0, TTL_MS)).resolves.toBe(9_007_199_254_740_002);
  });
});
