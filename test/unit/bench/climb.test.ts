import { expect, test } from 'vitest';
import { climb, doublings, grown } from '../../../bench/scenarios/climb.ts';

/** Holds up to `limit`; the sizes in `hiccups` break the first time. */
function server(limit: number, hiccups: readonly number[] = []) {
  const left = new Set(hiccups);
  return (size: number) => Promise.resolve({ size, held: size <= limit && !left.delete(size) });
}

test('sizes double up to the most', () => {
  expect([...doublings(10, 100)]).toEqual([10, 20, 40, 80, 100]);
  expect([...doublings(10, 10)]).toEqual([10]);
});

test('sizes grow by a share, by one at least, and stay below', () => {
  expect([...grown(40, 0.1, 60)]).toEqual([40, 44, 48, 53, 58]);
  expect([...grown(2, 0.1, 5)]).toEqual([2, 3, 4]);
});

test('a climb ends where a size breaks twice', async () => {
  const { steps, held, broke } = await climb([10, 20, 40, 80], server(20));
  expect(held).toEqual({ size: 20, held: true });
  expect(broke).toEqual({ size: 40, held: false });
  expect(steps.map(({ size }) => size)).toEqual([10, 20, 40, 40]);
});

test('a size that breaks once is no end', async () => {
  const { steps, held, broke } = await climb([10, 20], server(20, [10]));
  expect(held).toEqual({ size: 20, held: true });
  expect(broke).toBeNull();
  expect(steps.map(({ size }) => size)).toEqual([10, 10, 20]);
});
