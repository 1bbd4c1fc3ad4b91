import { expect, test } from 'vitest';
import { Ramp } from '../../../bench/scenarios/ramp.ts';

/** Loads tried at a server that holds up to `limit`. */
function search(from: number, limit: number, options = { whole: false, probesMax: 20 }) {
  const ramp = new Ramp(from, { step: 1.5, ...options });
  const tried: number[] = [];
  for (let load = ramp.next(); load !== null; load = ramp.next()) {
    tried.push(load);
    ramp.told(load, load <= limit);
  }
  return { tried, best: ramp.best };
}

test('the ramp goes up until a load fails, then between', () => {
  const { tried, best } = search(10, 17);
  expect(tried.slice(0, 3)).toEqual([10, 15, 22.5]);
  expect(best).toBeGreaterThan(17 / 1.15);
  expect(best).toBeLessThanOrEqual(17);
});

test('the ramp goes down where the first load fails', () => {
  const { tried, best } = search(10, 5);
  expect(tried.slice(0, 3)).toEqual([10, 6.67, 4.45]);
  expect(best).toBeGreaterThan(5 / 1.15);
});

test('rooms are whole, and a server that holds not even one has no best', () => {
  expect(search(8, 3, { whole: true, probesMax: 20 })).toEqual({ tried: [8, 5, 3, 4], best: 3 });
  expect(search(3, 0, { whole: true, probesMax: 20 })).toEqual({ tried: [3, 2, 1], best: null });
  expect(search(1, 2, { whole: true, probesMax: 20 })).toEqual({ tried: [1, 2, 3], best: 2 });
});

test('the ramp ends after its probes', () => {
  expect(search(10, 1e9, { whole: false, probesMax: 3 })).toEqual({ tried: [10, 15, 22.5], best: 22.5 });
});
