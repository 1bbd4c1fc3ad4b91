import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import { linesBy } from './run-lines.ts';
import { type Figures, figuresOf, type MedianFigures, medianFigures, notesOf, validText } from './topology-figures.ts';
import type { TopologyRun } from './topology-run.ts';
import { percent } from './validity.ts';

const HEAD = [
  'servers',
  'events/s',
  'events/CPU-s',
  'nodes',
  'Redis',
  'p50 ms',
  'p99 ms',
  'core',
  'swarm',
  'others',
  'lost',
  'doubled',
  'order',
  '',
];

export interface RelayMedians extends MedianFigures {
  readonly name: string;
  /** ÷ the first topology, which is raw uWS in one process. */
  readonly perCpuRatio: number;
  readonly perSecondRatio: number;
}

export function relayMedians(names: readonly string[], runs: readonly TopologyRun[]): RelayMedians[] {
  const medians = names.map((name) => ({ name, ...medianFigures(runs.filter((run) => run.plan.name === name)) }));
  return medians.map((one) => ({
    ...one,
    perCpuRatio: one.eventsPerCpuSecond / (medians[0]?.eventsPerCpuSecond ?? Number.NaN),
    perSecondRatio: one.eventsPerSecond / (medians[0]?.eventsPerSecond ?? Number.NaN),
  }));
}

export function relayTable(runs: readonly TopologyRun[], medians: readonly RelayMedians[]): string {
  const rows = runs.map((run) => [
    run.plan.name,
    ...cells(figuresOf(run)),
    ...[run.lost, run.doubled, run.disordered].map(String),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((one) => [`median ${one.name}`, ...cells(one), '', '', '', validText(one)]);
  const [base, ...others] = medians;
  const ratios = others.map(({ name, perCpuRatio, perSecondRatio }) => {
    const figures = `${perCpuRatio.toFixed(2)} × events per CPU-second, ${perSecondRatio.toFixed(2)} × events per second`;
    return `${name} with Redis ÷ ${base?.name}: ${figures}`;
  });
  const lines = linesBy(
    medians.map(({ name }) => name),
    runs,
  );
  return [table(HEAD, [...rows, ...middles]), '', ...ratios, '', ...lines, ...notesOf(runs)].join('\n');
}

/** `nodes` and `Redis` are their shares of the CPU time of both. */
function cells(of: Figures): string[] {
  const cpuNs = of.nodeNs + of.redisNs;
  return [
    thousands(of.eventsPerSecond),
    thousands(of.eventsPerCpuSecond),
    percent(of.nodeNs / cpuNs),
    percent(of.redisNs / cpuNs),
    of.p50Ms.toFixed(1),
    of.p99Ms.toFixed(1),
    percent(of.serverShare),
    percent(of.swarmShare),
    percent(of.othersShare),
  ];
}
