import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Histogram } from '../../../bench/swarm/histogram.ts';

test('small values are exact', () => {
  const histogram = new Histogram();
  for (let value = 1; value <= 100; value++) histogram.record(value);
  expect(histogram.percentile(50)).toBe(50);
  expect(histogram.percentile(99)).toBe(99);
  expect(histogram.percentile(100)).toBe(100);
});

test('a percentile is never too low and at most 1/64 too high', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (value) => {
      const histogram = new Histogram();
      histogram.record(value);
      const shown = histogram.percentile(50);
      expect(shown).toBeGreaterThanOrEqual(value);
      expect(shown).toBeLessThanOrEqual(value + value / 64);
    }),
  );
});

test('a value out of range counts as the nearest one in it', () => {
  const histogram = new Histogram();
  histogram.record(-3);
  histogram.record(1e12);
  expect(histogram.percentile(50)).toBe(0);
  expect(histogram.percentile(100)).toBe(0x7fffffff);
  expect(histogram.total).toBe(2);
});

test('pairs carry everything to another histogram', () => {
  const from = new Histogram();
  for (let value = 1; value < 100_000; value += 7) from.record(value);
  const to = new Histogram();
  to.add(from.pairs());
  to.add(from.pairs());
  expect(to.total).toBe(2 * from.total);
  for (const percent of [1, 50, 99, 99.9]) expect(to.percentile(percent)).toBe(from.percentile(percent));
});

test('an empty histogram answers 0', () => {
  expect(new Histogram().percentile(99)).toBe(0);
});
