import { expect, test } from 'vitest';
import { whyNotHeld } from '../../../bench/scenarios/capacity.ts';
import { capacityOf, nextRate, type RampStep } from '../../../bench/scenarios/ramp.ts';
import { runOf } from './topology-fixture.ts';

const PLAN = { from: 10, within: 1.2 };

/** Climbs on a server that holds rates up to `limit`. */
function climb(limit: number): RampStep[] {
  const steps: RampStep[] = [];
  for (let rate = nextRate(PLAN, steps); rate !== null; rate = nextRate(PLAN, steps)) {
    steps.push({ rate, held: rate <= limit });
  }
  return steps;
}

test('a ramp doubles until it fails, then closes in', () => {
  const steps = climb(100);
  expect(steps.map(({ rate }) => Math.round(rate))).toEqual([10, 20, 40, 80, 160, 113, 95]);
  expect(capacityOf(steps)).toBeCloseTo(95.1, 1);
});

test.each([3, 12, 57, 320, 1000])('the capacity is at most a fifth below the limit of %d', (limit) => {
  const found = capacityOf(climb(limit)) ?? 0;
  expect(found).toBeLessThanOrEqual(limit);
  expect(found).toBeGreaterThan(limit / 1.2);
});

test('a server that fails at the first rate is tried at less, but not for ever', () => {
  expect(climb(6).map(({ rate }) => Math.round(rate))).toEqual([10, 5, 7, 6]);
  const never = climb(0);
  expect(never.map(({ rate }) => rate)).toEqual([10, 5, 2.5, 1.25, 0.625]);
  expect(capacityOf(never)).toBeNull();
});

test('a rate that held above one that failed counts for nothing', () => {
  const steps = [
    { rate: 10, held: true },
    { rate: 20, held: false },
    { rate: 40, held: true },
  ];
  expect(capacityOf(steps)).toBe(10);
});

test('servers hold a load that they deliver in time, whole and soon', () => {
  const ROOM = 50;
  const swift: [number, number][] = [[2000, 100]];
  expect(whyNotHeld(runOf({ latencyUs: swift }), ROOM, 1)).toBeNull();
  expect(whyNotHeld(runOf({ events: 40_000, due: 50_000, latencyUs: swift }), ROOM, 1)).toMatch(/lost/);
  expect(whyNotHeld(runOf({ events: 40_000, latencyUs: swift }), ROOM, 1)).toBe('80 % delivered in time');
  expect(whyNotHeld(runOf({ latencyUs: [[400_000, 100]] }), ROOM, 1)).toMatch(/^p99 4\d\d ms$/);
  expect(whyNotHeld(runOf({ swarmCpu: 9.8, latencyUs: swift }), ROOM, 1)).toBe('the swarm had no more');
  expect(whyNotHeld(runOf({ swarmCpu: 9.8, latencyUs: swift }), ROOM, 3)).toBeNull();
});
