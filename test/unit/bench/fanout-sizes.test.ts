import { expect, test } from 'vitest';
import type { FanoutRun } from '../../../bench/scenarios/fanout-run.ts';
import { fanoutText, type SizedRun, sizedMedians, sizedRun, sizesOf } from '../../../bench/scenarios/fanout-sizes.ts';
import { fanoutRunOf } from './fanout-run-fixture.ts';

function run(room: number, server: string, part: Partial<FanoutRun> = {}): SizedRun {
  return sizedRun({ room, rate: 10 }, fanoutRunOf(server, part));
}

test('every room is measured with every rate', () => {
  expect(sizesOf(100, [2, 10], [5, 50], 0)).toEqual([
    { room: 2, rate: 5 },
    { room: 2, rate: 50 },
    { room: 10, rate: 5 },
    { room: 10, rate: 50 },
  ]);
});

test('with equal deliveries per second the rate follows from the room', () => {
  expect(sizesOf(100, [2, 10], [5], 10_000)).toEqual([
    { room: 2, rate: 50 },
    { room: 10, rate: 10 },
  ]);
});

test('of several sizes each has a row, with the ratio of both servers', () => {
  const sizes = sizesOf(100, [2, 10], [10], 0);
  const runs = [
    run(2, 'raw', { eventsPerCpuSecond: 1000 }),
    run(2, 'Roomcast', { eventsPerCpuSecond: 800, lost: 3 }),
    run(10, 'raw', { eventsPerCpuSecond: 2000 }),
    run(10, 'Roomcast', { eventsPerCpuSecond: 3000, invalid: ['a reason'] }),
  ];
  const lines = fanoutText(sizes, ['raw', 'Roomcast'], runs).split('\n');
  expect(lines[2]?.split(/ {2,}/)).toEqual(['2', '10', '1 000', '800', '0.80', '2.0', '2.0', '3', '0', '0']);
  expect(lines[3]?.split(/ {2,}/).slice(2, 5)).toEqual(['2 000', '3 000', '1.50']);
  expect(lines[3]).toContain('INVALID');
  expect(lines).toContain('rooms of 10, 10 messages/s, Roomcast: does not count: a reason');
});

test('medians and spread are of the valid runs of a size', () => {
  const runs = [
    run(2, 'raw', { eventsPerCpuSecond: 1000 }),
    run(2, 'raw', { eventsPerCpuSecond: 1200 }),
    run(2, 'raw', { eventsPerCpuSecond: 10, invalid: ['a reason'] }),
    run(10, 'raw', { eventsPerCpuSecond: 7 }),
  ];
  const [medians] = sizedMedians([{ room: 2, rate: 10 }], ['raw'], runs);
  expect(medians).toMatchObject({ room: 2, rate: 10, runs: 2, valid: true, eventsPerCpuSecond: 1100 });
  expect(medians?.ranges.eventsPerCpuSecond).toEqual({ min: 1000, median: 1100, max: 1200 });
});
