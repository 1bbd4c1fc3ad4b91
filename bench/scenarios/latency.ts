import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { clusterOf, RAW_TOPOLOGY, type TopologyPlan } from '../servers/topology.ts';
import { type Capacity, findCapacity } from './capacity.ts';
import { brokenPromises } from './fanout-run.ts';
import { type LatencyRun, type LatencyStep, latencyMedians, latencyTable, p99Ratios } from './latency-table.ts';
import { liveRates } from './live-rates.ts';
import { sharedCoreNote } from './shared-core.ts';
import { LOAD_OPTIONS, loadTopology } from './topology-load.ts';
import { percent } from './validity.ts';

const OPTIONS = {
  ...LOAD_OPTIONS,
  capacity: {
    about: 'messages per second of each client that are 100 %, for all paths; 0 = a ramp finds it for each',
    default: 0,
    min: 0,
    max: 100_000,
    whole: false,
  },
  ramp: { about: 'seconds measured per step of the ramp', default: 2, min: 1, max: 60, whole: false },
  shares: { about: '% of capacity', default: [25, 50, 70], min: 1, max: 100, whole: false },
  runs: RUNS,
} as const;

type Options = OptionValues<typeof OPTIONS>;

/** One node in memory, as in `fanout`. */
const DIRECT: TopologyPlan = { name: 'one node', dialect: 'roomcast', nodes: 1, redis: false, nginx: false };
const THROUGH_NGINX: TopologyPlan = { ...DIRECT, name: 'one node, nginx', nginx: true };
const CROSS_NODE = clusterOf(2, 'cross-node');
const PATHS = [DIRECT, THROUGH_NGINX, CROSS_NODE];

export const latency: Scenario<typeof OPTIONS> = {
  name: 'latency',
  about:
    'at 25, 50, 70 % of capacity: one node, through nginx, from node to node, and raw uWS at the rates of one node',
  options: OPTIONS,
  quick: { clients: 60, room: 12, seconds: 1, 'warm-up': 1, runs: 1, capacity: 40, shares: [50] },
  needs: ['redis-server', 'nginx'],
  charts: [
    {
      kind: 'percentiles',
      title: 'Latency at 50 % of capacity',
      by: 'step.path',
      where: { 'step.share': 0.5 },
      histogram: 'latencyUs',
    },
    {
      kind: 'percentiles',
      title: 'Latency at 70 % of capacity',
      by: 'step.path',
      where: { 'step.share': 0.7 },
      histogram: 'latencyUs',
    },
    {
      kind: 'lines',
      title: 'Latency against load',
      by: 'step.path',
      x: 'step.share',
      xUnit: 'share of capacity',
      value: 'p99Ms',
      unit: 'ms, 99 % of the events within',
      better: 'less',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const capacities = await capacitiesOf(options, context);
  const shares = options.shares.map((percents) => percents / 100);
  const steps = [
    ...stepsOf(RAW_TOPOLOGY, shares, capacities.get(DIRECT)),
    ...PATHS.flatMap((plan) => stepsOf(plan, shares, capacities.get(plan))),
  ];
  const total = options.runs * steps.length;
  const runMs = (options['warm-up'] + options.seconds) * 1000;
  const runs: LatencyRun[] = [];
  for (let round = 0; round < options.runs; round++) {
    for (const { plan, ...step } of steps) {
      const name = `${step.path} at ${percent(step.share)}`;
      const onSample = liveRates({ name, done: runs.length, total, runMs }, context.progress);
      const load = { rate: step.rate, crossNode: plan === CROSS_NODE, onSample };
      const done: LatencyRun = { ...(await loadTopology(plan, options, load, context)), step };
      runs.push(done);
      const invalid = done.invalid.length > 0 ? ', INVALID' : '';
      context.progress.note(
        `${runs.length}/${total} ${name}: p50 ${done.p50Ms.toFixed(2)}, p99 ${done.p99Ms.toFixed(2)} ms${invalid}`,
      );
    }
  }
  const medians = latencyMedians(steps, runs);
  const text = [
    latencyTable(runs, medians),
    '',
    ...PATHS.map((plan) => capacityText(plan, capacities.get(plan))),
    ...p99Ratios(medians, RAW_TOPOLOGY.name, DIRECT.name),
    sharedCoreNote(context.cores),
  ];
  return {
    text: text.join('\n'),
    results: { capacities: Object.fromEntries([...capacities].map(([plan, one]) => [plan.name, one])), medians, runs },
    failures: runs.filter(({ plan }) => plan.dialect === 'roomcast').flatMap(brokenPromises),
  };
}

async function capacitiesOf(options: Options, context: BenchContext): Promise<ReadonlyMap<TopologyPlan, Capacity>> {
  const capacities = new Map<TopologyPlan, Capacity>();
  for (const plan of PATHS) {
    const given = { rate: options.capacity, isSwarmLimit: false, steps: [] };
    capacities.set(plan, options.capacity > 0 ? given : await findCapacity(plan, options, options.ramp, context));
  }
  return capacities;
}

function stepsOf(
  plan: TopologyPlan,
  shares: readonly number[],
  capacity: Capacity | undefined,
): (LatencyStep & { plan: TopologyPlan })[] {
  if (capacity === undefined) return [];
  return shares.map((share) => ({ path: plan.name, share, rate: capacity.rate * share, plan }));
}

function capacityText(plan: TopologyPlan, capacity: Capacity | undefined): string {
  if (capacity === undefined) return '';
  const more = capacity.isSwarmLimit ? ', or more: the swarm was the limit' : '';
  return `Capacity of ${plan.name}: ${capacity.rate.toFixed(1)} messages/s of each client${more}`;
}
