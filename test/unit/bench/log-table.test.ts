import { expect, test } from 'vitest';
import type { LogRun } from '../../../bench/scenarios/log-run.ts';
import { logMedians, logTable } from '../../../bench/scenarios/log-table.ts';

function run(server: string, perCpu: number, invalid: readonly string[] = []): LogRun {
  return {
    server,
    span: {
      seconds: 10,
      events: 1000,
      sent: 100,
      reads: 1,
      serverCpu: 1,
      swarmCpu: 1,
      serverCoreBusy: 1,
      swarmCoreBusy: 0.5,
      stolen: 0,
    },
    eventsPerSecond: 100,
    eventsPerCpuSecond: perCpu,
    eventsPerBothCpuSecond: perCpu / 2,
    redisShare: 0.1,
    redisCommandsPerSecond: 10,
    redisBytesInPerSecond: 1000,
    p50Ms: 1,
    p99Ms: 2,
    p999Ms: 3,
    serverShare: 0.1,
    othersShare: 0,
    lateP99Ms: 0,
    invalid,
    swarmShare: 0.5,
    lost: 0,
    doubled: 0,
    disordered: 0,
    refused: 0,
    broken: 0,
    faults: [],
    latencyUs: [],
  };
}

test('log is held against snapshot, by runs that count', () => {
  const runs = [run('none', 900), run('snapshot', 800), run('log', 600), run('log', 5, ['others'])];
  const medians = (['none', 'snapshot', 'log'] as const).map((durability) => logMedians(durability, runs));
  expect(medians[2]).toMatchObject({ runs: 1, valid: true, eventsPerCpuSecond: 600 });
  const text = logTable(runs, medians);
  expect(text).toContain('log ÷ snapshot: 0.75 × events per CPU-second of the node, 0.75 × with Redis; p99 1.00 ×');
  expect(text).toContain('run 4 (log): does not count: others');
});
