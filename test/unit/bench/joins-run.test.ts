import { expect, test } from 'vitest';
import type { Sample } from '../../../bench/host/sample.ts';
import { brokenByJoins, joinsMedians, joinsRun } from '../../../bench/scenarios/joins-run.ts';
import { joinsTable } from '../../../bench/scenarios/joins-table.ts';
import { newTallyMemory, sumTallies, Tally } from '../../../bench/swarm/tally.ts';

function sample(seconds: number, joined: number, serverCpu: number): Sample {
  const tally = new Tally(newTallyMemory());
  tally.add('joined', joined);
  tally.add('sent', joined);
  const cores = [0, 1].map((core) => ({ core, busy: serverCpu, idle: seconds - serverCpu, stolen: 0 }));
  const cpu = { serverCpu, serverCpus: [serverCpu], swarmCpu: 0, cores };
  return { atMs: seconds * 1000, tally: sumTallies([tally]), serverBytes: 0, ...cpu };
}

function run(arrival: 'raw' | 'cold' | 'warm', serverCpu: number, joinedInTheEnd = 1100) {
  const loaded = {
    is: 'loaded' as const,
    from: sample(0, 100, 0),
    to: sample(1, 1090, serverCpu),
    end: sample(2, joinedInTheEnd, serverCpu),
    latencyUs: [[2000, 1000]] as [number, number][],
    lateUs: [],
  };
  const load = { arrival, clients: 1000, rate: 990, serverCores: [0], swarmCores: [1] };
  return joinsRun(arrival === 'raw' ? 'raw uWS' : 'Roomcast', loaded, load, []);
}

test('residents are no part of the storm, stragglers are in the end', () => {
  expect(run('warm', 0.1)).toMatchObject({ joinsPerSecond: 990, joinsPerCpuSecond: 9900, missing: 0, invalid: [] });
});

test('who never got in is missing', () => {
  expect(brokenByJoins(run('cold', 0.1, 1097))).toEqual(['Roomcast, cold rooms: 3 missing']);
  expect(brokenByJoins(run('cold', 0.1))).toEqual([]);
});

test('joins are held against connects to raw uWS', () => {
  const runs = [run('raw', 0.1), run('cold', 0.2), run('warm', 0.15)];
  const medians = (['raw', 'cold', 'warm'] as const).map((arrival) => joinsMedians(arrival, runs));
  const text = joinsTable(runs, medians);
  expect(text).toContain('Roomcast: new rooms ÷ raw uWS: connect, subscribe: 0.50 × per CPU-second, p99 1.00 ×');
});
