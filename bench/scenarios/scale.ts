import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { clusterOf } from '../servers/topology.ts';
import { brokenPromises } from './fanout-run.ts';
import { thousands } from './fanout-table.ts';
import { liveRates } from './live-rates.ts';
import { type ScaleRun, scaleMedians, scaleRun, scaleSteps, scaleTable, stepName } from './scale-table.ts';
import { sharedCoreNote } from './shared-core.ts';
import { LOAD_OPTIONS, loadTopology } from './topology-load.ts';
import { nsPerEvent } from './topology-run.ts';

const OPTIONS = {
  ...LOAD_OPTIONS,
  rate: { about: 'messages per second of each client', default: 20, min: 0.01, max: 10_000, whole: false },
  runs: RUNS,
  nodes: { about: 'the most nodes', default: 4, min: 2, max: 16, whole: true },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const scale: Scenario<typeof OPTIONS> = {
  name: 'scale',
  about: 'CPU per delivered event as the same load goes to 1, 2, 3, 4 nodes, rooms on all of them or on one each',
  options: OPTIONS,
  quick: { clients: 60, room: 12, seconds: 1, 'warm-up': 1, runs: 1, nodes: 2 },
  needs: ['redis-server'],
  charts: [
    {
      kind: 'lines',
      title: 'Cost against the number of nodes',
      by: 'rooms',
      x: 'step.nodes',
      xUnit: 'nodes',
      value: 'cpuUsPerEvent',
      unit: 'µs of CPU of nodes and Redis per event delivered',
      better: 'less',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  if (options.room < options.nodes || options.clients / options.room < options.nodes) {
    throw new OptionFault('--room, and the rooms that --clients fill, must be at least as many as --nodes');
  }
  const steps = scaleSteps(options.nodes);
  const total = options.runs * steps.length;
  const runMs = (options['warm-up'] + options.seconds) * 1000;
  const runs: ScaleRun[] = [];
  for (let round = 0; round < options.runs; round++) {
    for (const step of steps) {
      const onSample = liveRates({ name: stepName(step), done: runs.length, total, runMs }, context.progress);
      const load = { rate: options.rate, spread: step.spread, onSample };
      const plan = clusterOf(step.nodes, stepName(step));
      const done = scaleRun(step, await loadTopology(plan, options, load, context));
      runs.push(done);
      context.progress.note(`${runs.length}/${total} ${stepName(step)}: ${summary(done)}`);
    }
  }
  const medians = scaleMedians(steps, runs);
  return {
    text: `${scaleTable(runs, medians)}\n\n${sharedCoreNote(context.cores)}`,
    results: { medians, runs },
    failures: runs.flatMap(brokenPromises),
  };
}

function summary(run: ScaleRun): string {
  const nodes = thousands(nsPerEvent(run, 'node'));
  const redis = thousands(nsPerEvent(run, 'redis'));
  return `${nodes} ns of nodes and ${redis} ns of Redis per event${run.invalid.length > 0 ? ', INVALID' : ''}`;
}
