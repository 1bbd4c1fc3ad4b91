import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { clusterOf, RAW_TOPOLOGY } from '../servers/topology.ts';
import { brokenPromises } from './fanout-run.ts';
import { thousands } from './fanout-table.ts';
import { liveRates } from './live-rates.ts';
import { relayMedians, relayTable } from './relay-table.ts';
import { sharedCoreNote } from './shared-core.ts';
import { LOAD_OPTIONS, loadTopology } from './topology-load.ts';
import type { TopologyRun } from './topology-run.ts';

const OPTIONS = {
  ...LOAD_OPTIONS,
  rate: { about: 'messages per second of each client', default: 100, min: 0.01, max: 10_000, whole: false },
  runs: RUNS,
  nodes: { about: 'nodes that every room is spread over', default: 'both', choices: ['2', '3', 'both'] },
} as const;

export const relay: Scenario<typeof OPTIONS> = {
  name: 'relay',
  about: 'rooms with members on every node of a cluster, beside raw uWS in one process',
  options: OPTIONS,
  quick: { clients: 60, room: 12, rate: 10, seconds: 1, 'warm-up': 1, runs: 1 },
  needs: ['redis-server'],
  charts: [
    {
      kind: 'bars',
      title: 'Rooms over several nodes',
      by: 'server',
      value: 'eventsPerCpuSecond',
      unit: 'events delivered per CPU-second of nodes and Redis',
      better: 'more',
    },
    {
      kind: 'percentiles',
      title: 'Latency in rooms over several nodes',
      by: 'server',
      histogram: 'latencyUs',
    },
  ],
  run,
};

async function run(options: OptionValues<typeof OPTIONS>, context: BenchContext): Promise<Outcome> {
  const counts = [2, 3].filter((nodes) => options.nodes === 'both' || options.nodes === String(nodes));
  const plans = [RAW_TOPOLOGY, ...counts.map((nodes) => clusterOf(nodes))];
  const total = options.runs * plans.length;
  const runMs = (options['warm-up'] + options.seconds) * 1000;
  const runs: TopologyRun[] = [];
  for (let round = 0; round < options.runs; round++) {
    for (const plan of plans) {
      const onSample = liveRates({ name: plan.name, done: runs.length, total, runMs }, context.progress);
      const done = await loadTopology(plan, options, { rate: options.rate, onSample }, context);
      runs.push(done);
      context.progress.note(`${runs.length}/${total} ${plan.name}: ${summary(done)}`);
    }
  }
  const medians = relayMedians(
    plans.map(({ name }) => name),
    runs,
  );
  return {
    text: `${relayTable(runs, medians)}\n${sharedCoreNote(context.cores)}`,
    results: { medians, runs },
    failures: runs.filter(({ plan }) => plan.dialect === 'roomcast').flatMap(brokenPromises),
  };
}

function summary(run: TopologyRun): string {
  const speed = `${thousands(run.eventsPerSecond)} events/s, ${thousands(run.eventsPerCpuSecond)} per CPU-second`;
  return `${speed}, p99 ${run.p99Ms.toFixed(1)} ms${run.invalid.length > 0 ? ', INVALID' : ''}`;
}
