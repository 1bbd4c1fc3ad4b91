import { expect, test } from 'vitest';
import { Schedule } from '../../../bench/swarm/schedule.ts';

function take(schedule: Schedule, count: number): [number, number][] {
  return Array.from({ length: count }, () => {
    const next: [number, number] = [schedule.dueUs, schedule.client];
    schedule.advance();
    return next;
  });
}

test('each client sends every period from its own phase, in order of time', () => {
  const schedule = new Schedule([700, 100, 400], 1000, 5000);
  expect(take(schedule, 6)).toEqual([
    [5100, 1],
    [5400, 2],
    [5700, 0],
    [6100, 1],
    [6400, 2],
    [6700, 0],
  ]);
});

test('a fractional period does not drift', () => {
  const periodUs = 1e6 / 30;
  const schedule = new Schedule([0], periodUs, 0);
  take(schedule, 300);
  expect(schedule.dueUs).toBeCloseTo(10e6, 3);
});

test('without clients nothing is ever due', () => {
  expect(new Schedule([], 1000, 0).dueUs).toBe(Number.POSITIVE_INFINITY);
});
