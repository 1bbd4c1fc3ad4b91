import { expect, test } from 'vitest';
import type { Sample } from '../../../bench/host/sample.ts';
import type { Climbed } from '../../../bench/scenarios/climb.ts';
import { brokenByTicks, type TickStep, tickRun, tickStep } from '../../../bench/scenarios/tick-run.ts';
import { tickMedians, tickTable } from '../../../bench/scenarios/tick-table.ts';
import { newTallyMemory, sumTallies, Tally } from '../../../bench/swarm/tally.ts';

const LOAD = { rooms: 10, clients: 100, ticksPerSec: 60, serverCores: [0], swarmCores: [1] };

function sample(seconds: number, events: number, lost = 0): Sample {
  const tally = new Tally(newTallyMemory());
  tally.add('events', events);
  tally.add('bytes', events * 100);
  tally.add('lost', lost);
  const cores = [0, 1].map((core) => ({ core, busy: seconds / 2, idle: seconds / 2, stolen: 0 }));
  const shares = { serverCpu: seconds / 2, serverCpus: [seconds / 2], serverBytes: 0, swarmCpu: 0, cores };
  return { atMs: seconds * 1000, tally: sumTallies([tally]), ...shares };
}

function step(p99Us: number, events: number, lost = 0): TickStep {
  const window = {
    is: 'window' as const,
    from: sample(0, 0),
    to: sample(1, events, lost),
    residentMostBytes: 0,
    buffered: null,
    outcomes: [],
    latencyUs: [[p99Us, 1000]] as [number, number][],
    lateUs: [],
  };
  return tickStep(window, LOAD);
}

function climbed(held: TickStep | null, broke: TickStep | null): Climbed<TickStep> {
  return { steps: [held, broke].filter((each) => each !== null), held, broke };
}

test('rooms are held while updates come in time', () => {
  expect(step(21_000, 6000)).toMatchObject({ held: true, updatesPerCpuSecond: 12_000, bytesPerCpuSecond: 1_200_000 });
  expect(step(22_500, 6000).held).toBe(false);
});

test('rooms that tick too seldom are not held, however punctual', () => {
  expect(step(1000, 5750).held).toBe(true);
  expect(step(1000, 5600).held).toBe(false);
});

test('the fine climb decides, the rough one where it held nothing', () => {
  const good = step(1000, 6000);
  const bad = step(90_000, 6000);
  const better = { ...good, rooms: 14 };
  expect(tickRun('x', 60, 1, climbed(good, bad), climbed(better, bad))).toMatchObject({ rooms: 14, invalid: [] });
  expect(tickRun('x', 60, 2, climbed(good, bad), climbed(null, bad))).toMatchObject({ rooms: 10, roomsPerCore: 5 });
  expect(tickRun('x', 60, 1, climbed(good, null), null).invalid[0]).toContain('--rooms-max');
});

test('a disturbance counts where the server broke, not where it held', () => {
  const disturbed = { invalid: ['others'] };
  const good = { ...step(1000, 6000), ...disturbed };
  const bad = step(90_000, 6000);
  expect(tickRun('x', 60, 1, climbed(good, bad), null).invalid).toEqual([]);
  expect(tickRun('x', 60, 1, climbed(good, { ...bad, ...disturbed }), null).invalid).toEqual(['others']);
});

test('what was lost while the rooms were held is a broken promise', () => {
  const run = tickRun('x', 60, 1, climbed(step(1000, 6000, 3), step(90_000, 6000, 9)), null);
  expect(brokenByTicks(run)).toEqual(['x, 60 ticks/s: 3 lost']);
});

test('servers are held against each other at the same rate', () => {
  const runs = ['a', 'b'].map((server, i) =>
    tickRun(server, 60, 1, climbed({ ...step(1000, 6000), rooms: 10 + 30 * i }, step(90_000, 6000)), null),
  );
  const text = tickTable(
    runs,
    ['a', 'b'].map((server) => tickMedians(server, 60, runs)),
  );
  expect(text).toContain('b ÷ a, 60 ticks/s: 4.00 × rooms per core');
});
