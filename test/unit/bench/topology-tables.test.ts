import { expect, test } from 'vitest';
import { type LatencyRun, latencyMedians, latencyTable, p99Ratios } from '../../../bench/scenarios/latency-table.ts';
import { scaleMedians, scaleRun, scaleSteps, scaleTable } from '../../../bench/scenarios/scale-table.ts';
import { runOf } from './topology-fixture.ts';

test('scale measures one node once, and each further count in both series', () => {
  expect(scaleSteps(3)).toEqual([
    { nodes: 1, spread: 'members' },
    { nodes: 2, spread: 'members' },
    { nodes: 3, spread: 'members' },
    { nodes: 2, spread: 'rooms' },
    { nodes: 3, spread: 'rooms' },
  ]);
});

test('scale shows CPU per event, and how it grows from one node on', () => {
  const steps = scaleSteps(2);
  const cpu = [1, 2, 1];
  const runs = steps.map((step, i) =>
    scaleRun(step, runOf({ nodeCpu: cpu[i] ?? 0, redisCpu: (cpu[i] ?? 0) / 2, events: 1_000_000 })),
  );
  expect(runs.map(({ cpuUsPerEvent }) => cpuUsPerEvent)).toEqual([1.5, 3, 1.5]);
  const medians = scaleMedians(steps, runs);
  expect(medians.map(({ growth }) => growth)).toEqual([1, 2, 1]);
  const lines = scaleTable(runs, medians).split('\n');
  expect(lines[3]).toMatch(/^2, all +100 000 +2 000 +1 000 /);
  expect(lines[7]).toMatch(/^median 2, one each +100 000 +1 000 +500 +1\.00 /);
});

test('latency holds one node against raw uWS where the rates are the same', () => {
  const steps = [
    { path: 'raw uWS', share: 0.5, rate: 40 },
    { path: 'one node', share: 0.5, rate: 40 },
    { path: 'cross-node', share: 0.5, rate: 30 },
  ];
  const p99Us = [2000, 3000, 9000];
  const runs = steps.map((step, i): LatencyRun => ({ ...runOf({ latencyUs: [[p99Us[i] ?? 0, 100]] }), step }));
  const medians = latencyMedians(steps, runs);
  expect(p99Ratios(medians, 'raw uWS', 'one node')).toEqual([
    expect.stringMatching(/^p99 at 50 %, one node ÷ raw uWS: 1\.49$/),
  ]);
  expect(p99Ratios(medians, 'raw uWS', 'cross-node')).toEqual([]);
  expect(latencyTable(runs, medians)).toMatch(/^median cross-node +50 % +30 /m);
});
