import { expect, test } from 'vitest';
import { type LogRun, logRun } from '../../../bench/scenarios/log-run.ts';
import { logMedians, logTable } from '../../../bench/scenarios/log-table.ts';
import { fanoutRunOf } from './fanout-run-fixture.ts';

const REDIS = { cpu: 1, commands: 100, scripts: 10, scriptsCpu: 0.5, bytesIn: 5000, bytesOut: 10 };

function run(server: string, eventsPerCpuSecond: number, invalid: readonly string[] = []): LogRun {
  return logRun(fanoutRunOf(server, { eventsPerCpuSecond, invalid }), REDIS);
}

test("Redis' CPU counts beside the node's", () => {
  expect(run('log', 1000)).toMatchObject({ eventsPerBothCpuSecond: 500, redisShare: 0.1, redisCommandsPerSecond: 10 });
});

test('log is held against snapshot, by runs that count', () => {
  const runs = [run('none', 900), run('snapshot', 800), run('log', 600), run('log', 5, ['others'])];
  const medians = (['none', 'snapshot', 'log'] as const).map((durability) => logMedians(durability, runs));
  expect(medians[2]).toMatchObject({ runs: 1, valid: true, eventsPerCpuSecond: 600 });
  const text = logTable(runs, medians);
  expect(text).toContain('log ÷ snapshot: 0.75 × events per CPU-second of the node, 1.00 × with Redis; p99 1.00 ×');
  expect(text).toContain('run 4 (log): does not count: others');
});
