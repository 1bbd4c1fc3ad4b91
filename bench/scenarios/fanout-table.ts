import { median } from '../report/median.ts';
import { type Range, rangeOf } from '../report/range.ts';
import { table } from '../report/table.ts';
import type { FanoutRun } from './fanout-run.ts';
import { countedOf, percent } from './validity.ts';

const HEAD = [
  'server',
  'events/s',
  'events/CPU-s',
  'p50 ms',
  'p99 ms',
  'server',
  'swarm',
  'others',
  'lost',
  'doubled',
  'order',
  '',
];

export interface FanoutMedians {
  readonly server: string;
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverShare: number;
  readonly swarmShare: number;
  readonly othersShare: number;
  /** How far the runs that count lie apart. */
  readonly ranges: Readonly<Record<(typeof RANGED)[number], Range>>;
}

const RANGED = ['eventsPerSecond', 'eventsPerCpuSecond', 'p50Ms', 'p99Ms'] as const;

export function mediansOf(server: string, runs: readonly FanoutRun[]): FanoutMedians {
  const { counted, valid } = countedOf(runs.filter((run) => run.server === server));
  const of = (value: (run: FanoutRun) => number) => median(counted.map(value));
  return {
    server,
    runs: counted.length,
    valid,
    eventsPerSecond: of((run) => run.eventsPerSecond),
    eventsPerCpuSecond: of((run) => run.eventsPerCpuSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    serverShare: of((run) => run.serverShare),
    swarmShare: of((run) => run.swarmShare),
    othersShare: of((run) => run.othersShare),
    ranges: Object.fromEntries(
      RANGED.map((name) => [name, rangeOf(counted.map((run) => run[name]))]),
    ) as FanoutMedians['ranges'],
  };
}

export function fanoutTable(runs: readonly FanoutRun[], medians: readonly FanoutMedians[]): string {
  const rows = runs.map((run) => [
    run.server,
    ...speeds(run),
    String(run.lost),
    String(run.doubled),
    String(run.disordered),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${m.server}`,
    ...speeds(m),
    '',
    '',
    '',
    m.valid ? `of ${m.runs}` : 'INVALID',
  ]);
  const notes = runs.flatMap((run, i) =>
    run.invalid.map((why) => `run ${i + 1} (${run.server}) does not count: ${why}`),
  );
  const faults = runs.flatMap((run, i) => run.faults.map((fault) => `run ${i + 1} (${run.server}): ${fault}`));
  return [table(HEAD, [...rows, ...middles]), ...ratios(medians), ...notes, ...faults].join('\n');
}

function speeds(of: Omit<FanoutMedians, 'server' | 'runs' | 'valid' | 'ranges'>): string[] {
  return [
    thousands(of.eventsPerSecond),
    thousands(of.eventsPerCpuSecond),
    of.p50Ms.toFixed(1),
    of.p99Ms.toFixed(1),
    percent(of.serverShare),
    percent(of.swarmShare),
    percent(of.othersShare),
  ];
}

/** The second server beside the first, which is the baseline. */
function ratios([base, other]: readonly FanoutMedians[]): string[] {
  if (base === undefined || other === undefined) return [];
  const perCpu = other.eventsPerCpuSecond / base.eventsPerCpuSecond;
  const perSecond = other.eventsPerSecond / base.eventsPerSecond;
  const names = `${other.server} ÷ ${base.server}`;
  return ['', `${names}: ${perCpu.toFixed(2)} × events per CPU-second, ${perSecond.toFixed(2)} × events per second`];
}

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US').replaceAll(',', ' ');
}
