import { table } from '../report/table.ts';
import type { Spread } from '../swarm/spread.ts';
import { thousands } from './fanout-table.ts';
import { loadLine } from './run-lines.ts';
import { type Figures, figuresOf, type MedianFigures, medianFigures, notesOf, validText } from './topology-figures.ts';
import type { TopologyRun } from './topology-run.ts';
import { percent } from './validity.ts';

/** So many nodes, and where the members of a room sit: on all of them, or together on one. */
export interface ScaleStep {
  readonly nodes: number;
  readonly spread: Spread;
}

export interface ScaleRun extends TopologyRun {
  readonly step: ScaleStep;
  /** Where the members of a room sit, in words. */
  readonly rooms: string;
  /** Of nodes and Redis, for each event that a client got. */
  readonly cpuUsPerEvent: number;
}

export function scaleRun(step: ScaleStep, run: TopologyRun): ScaleRun {
  const rooms = step.spread === 'members' ? 'rooms on all nodes' : 'rooms on one node each';
  return { ...run, step, rooms, cpuUsPerEvent: 1e6 / run.eventsPerCpuSecond };
}

export interface ScaleMedians extends ScaleStep, MedianFigures {
  /** CPU of nodes and Redis per event delivered, ÷ that of one node. */
  readonly growth: number;
}

/** One node is the same in both series, and measured once. */
export function scaleSteps(nodesMax: number): ScaleStep[] {
  const counts = Array.from({ length: nodesMax }, (_, i) => i + 1);
  return [
    ...counts.map((nodes): ScaleStep => ({ nodes, spread: 'members' })),
    ...counts.slice(1).map((nodes): ScaleStep => ({ nodes, spread: 'rooms' })),
  ];
}

export function scaleMedians(steps: readonly ScaleStep[], runs: readonly ScaleRun[]): ScaleMedians[] {
  const medians = steps.map((step) => {
    const own = runs.filter((run) => run.step.nodes === step.nodes && run.step.spread === step.spread);
    return { ...step, ...medianFigures(own) };
  });
  const first = medians[0];
  const oneNodeNs = first === undefined ? Number.NaN : first.nodeNs + first.redisNs;
  return medians.map((one) => ({ ...one, growth: (one.nodeNs + one.redisNs) / oneNodeNs }));
}

const HEAD = [
  'nodes, rooms on',
  'events/s',
  'nodes ns/event',
  'Redis ns/event',
  '÷ 1 node',
  'packets/1000',
  'p50 ms',
  'p99 ms',
  'core',
  'swarm',
  'lost',
  'doubled',
  'order',
  '',
];

export function scaleTable(runs: readonly ScaleRun[], medians: readonly ScaleMedians[]): string {
  const rows = runs.map((run) => [
    stepName(run.step),
    ...cells(figuresOf(run), ''),
    ...[run.lost, run.doubled, run.disordered].map(String),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((one) => [
    `median ${stepName(one)}`,
    ...cells(one, one.growth.toFixed(2)),
    '',
    '',
    '',
    validText(one),
  ]);
  const lines = medians.map((step) =>
    loadLine(
      stepName(step),
      runs.filter((run) => stepName(run.step) === stepName(step)),
      { of: (run) => run.eventsPerCpuSecond, text: thousands, unit: 'events/CPU-s' },
    ),
  );
  return [table(HEAD, [...rows, ...middles]), '', ...lines, ...notesOf(runs)].join('\n');
}

export function stepName({ nodes, spread }: ScaleStep): string {
  return nodes === 1 ? '1' : `${nodes}, ${spread === 'members' ? 'all' : 'one each'}`;
}

/** Packets between nodes per 1000 events delivered, heartbeats among them. */
function cells(of: Figures, growth: string): string[] {
  return [
    thousands(of.eventsPerSecond),
    thousands(of.nodeNs),
    thousands(of.redisNs),
    growth,
    (of.packetsPerDelivery * 1000).toFixed(1),
    of.p50Ms.toFixed(1),
    of.p99Ms.toFixed(1),
    percent(of.serverShare),
    percent(of.swarmShare),
  ];
}
