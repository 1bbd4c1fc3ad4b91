import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { clusterOf } from '../servers/topology.ts';
import { type BeatCost, measureBeats } from './beats.ts';
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
  beats: {
    about: 'seconds for the cost of heartbeats, twice; 0 = leave it out',
    default: 8,
    min: 0,
    max: 60,
    whole: false,
  },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const scale: Scenario<typeof OPTIONS> = {
  name: 'scale',
  about: 'CPU per delivered event as the same load goes to 1, 2, 3, 4 nodes, rooms on all of them or on one each',
  options: OPTIONS,
  quick: { clients: 60, room: 12, seconds: 1, 'warm-up': 1, runs: 1, nodes: 2, beats: 0 },
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
  const beat = options.beats > 0 ? await measureBeats(options.beats, context) : null;
  const medians = scaleMedians(steps, runs);
  return {
    text: [scaleTable(runs, medians), '', ...beatLines(beat), sharedCoreNote(context.cores)].join('\n'),
    results: { medians, beat, runs },
    failures: runs.flatMap(brokenPromises),
  };
}

function beatLines(beat: BeatCost | null): string[] {
  if (beat === null) return [];
  const [nodes, redis] = [beat.nodeUs.toFixed(1), beat.redisUs.toFixed(1)];
  return [`A heartbeat from node to node costs ${nodes} µs of the two nodes and ${redis} µs of Redis`];
}

function summary(run: ScaleRun): string {
  const nodes = thousands(nsPerEvent(run, 'node'));
  const redis = thousands(nsPerEvent(run, 'redis'));
  return `${nodes} ns of nodes and ${redis} ns of Redis per event${run.invalid.length > 0 ? ', INVALID' : ''}`;
}
