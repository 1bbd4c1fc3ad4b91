/** A failure that can't be repeated can't be understood. */
import { expect, test } from 'vitest';
import { FAULTS } from './faults/faults.ts';
import { run } from './run.ts';

test.each([3, 46, 213])('seed %i takes the same steps twice', async (seed) => {
  const first = await run(seed);
  const second = await run(seed);
  expect(second).toEqual(first);
});

test('seeds differ', async () => {
  const [first, second] = [await run(1), await run(2)];
  expect(second.traceHash).not.toBe(first.traceHash);
});

test('a trace in words takes the same steps as one without', async () => {
  const lines: string[] = [];
  const told = await run(5, { faults: FAULTS, print: (line) => void lines.push(line) });
  expect(lines.length).toBeGreaterThan(1_000);
  expect(told.traceHash).toBe((await run(5)).traceHash);
});

test('a run without faults is quiet', async () => {
  const { violation, tally } = await run(7, { faults: [] });
  expect(violation).toBeNull();
  expect([tally.packetsLost, tally.takeOvers, tally.fenced]).toEqual([0, 0, 0]);
});
