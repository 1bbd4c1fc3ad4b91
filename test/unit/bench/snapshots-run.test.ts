import { expect, test } from 'vitest';
import { snapshotCost, snapshotsMedians, snapshotsRun } from '../../../bench/scenarios/snapshots-run.ts';
import { snapshotsTable } from '../../../bench/scenarios/snapshots-table.ts';
import { fanoutRunOf } from './fanout-run-fixture.ts';

const LOAD = { rooms: 20, keys: 5 };

function run(server: string, calls: number, p99Ms: number) {
  const redis = { cpu: 1, commands: calls * 7, scripts: calls, scriptsCpu: 0.01, bytesIn: calls * 500, bytesOut: 10 };
  return snapshotsRun(fanoutRunOf(server, { p99Ms }), redis, LOAD);
}

test('what snapshots cost is what they add to a node that stores nothing', () => {
  const runs = [run('none', 10, 2), run('snapshot', 200, 3)];
  const [none, snapshot] = [snapshotsMedians('none', LOAD, runs), snapshotsMedians('snapshot', LOAD, runs)];
  const cost = snapshotCost(none, snapshot);
  expect(cost.callsPerRoomSecond).toBeCloseTo(0.95);
  expect(cost.commandsPerRoomSecond).toBeCloseTo(6.65);
  expect(cost.bytesPerKey).toBeCloseTo(100);
  expect(cost.p99Ratio).toBe(1.5);
  expect(snapshotsTable(runs, [none, snapshot], cost, 500)).toContain('Calls per room and debounce of 500 ms: 0.47');
});
