import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import { loadLine, ms } from './run-lines.ts';
import { type Figures, figuresOf, type MedianFigures, medianFigures, notesOf, validText } from './topology-figures.ts';
import type { TopologyRun } from './topology-run.ts';
import { percent } from './validity.ts';

/** One path at one share of a capacity. */
export interface LatencyStep {
  readonly path: string;
  /** 0–1, of the path's capacity; for raw uWS, of that of one node. */
  readonly share: number;
  /** Messages per second of each client. */
  readonly rate: number;
}

export interface LatencyRun extends TopologyRun {
  readonly step: LatencyStep;
}

export interface LatencyMedians extends LatencyStep, MedianFigures {}

const HEAD = [
  'path',
  'of capacity',
  'msg/s',
  'events/s',
  'core',
  'p50 ms',
  'p95 ms',
  'p99 ms',
  'p99.9 ms',
  'swarm',
  'others',
  'lost',
  'doubled',
  'order',
  '',
];

export function latencyMedians(steps: readonly LatencyStep[], runs: readonly LatencyRun[]): LatencyMedians[] {
  return steps.map((step) => {
    const own = runs.filter((run) => run.step.path === step.path && run.step.share === step.share);
    return { ...step, ...medianFigures(own) };
  });
}

export function latencyTable(runs: readonly LatencyRun[], medians: readonly LatencyMedians[]): string {
  const rows = runs.map((run) => [
    ...cells(run.step.path, run.step, figuresOf(run)),
    ...[run.lost, run.doubled, run.disordered].map(String),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((one) => [...cells(`median ${one.path}`, one, one), '', '', '', validText(one)]);
  const lines = medians.map(({ path, share }) =>
    loadLine(
      `${path} at ${percent(share)}`,
      runs.filter(({ step }) => step.path === path && step.share === share),
      { of: (run) => run.p99Ms, text: ms, unit: 'ms p99' },
    ),
  );
  return [table(HEAD, [...rows, ...middles]), '', ...lines, ...notesOf(runs)].join('\n');
}

/** The p99 of a path ÷ that of the base at the same absolute rate. */
export function p99Ratios(medians: readonly LatencyMedians[], base: string, other: string): string[] {
  const of = (path: string) => medians.filter((one) => one.path === path);
  return of(other).flatMap((one) => {
    const beside = of(base).find(({ rate }) => rate === one.rate);
    if (beside === undefined) return [];
    return [`p99 at ${percent(one.share)}, ${other} ÷ ${base}: ${(one.p99Ms / beside.p99Ms).toFixed(2)}`];
  });
}

function cells(name: string, { share, rate }: LatencyStep, of: Figures): string[] {
  return [
    name,
    percent(share),
    rate.toFixed(rate < 10 ? 1 : 0),
    thousands(of.eventsPerSecond),
    percent(of.serverShare),
    of.p50Ms.toFixed(2),
    of.p95Ms.toFixed(2),
    of.p99Ms.toFixed(2),
    of.p999Ms.toFixed(2),
    percent(of.swarmShare),
    percent(of.othersShare),
  ];
}
