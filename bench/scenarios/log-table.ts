import { median } from '../report/median.ts';
import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { LogRun } from './log-run.ts';
import { countedOf, percent, remarksOf } from './validity.ts';
import type { Durability } from './with-redis.ts';

const HEAD = [
  'durability',
  'events/s',
  'events/CPU-s',
  'with Redis',
  'p50 ms',
  'p99 ms',
  'node',
  'Redis',
  'commands/s',
  'kB/s to Redis',
  'swarm',
  'lost',
  'doubled',
  'order',
  '',
];

const FIGURES = [
  'eventsPerSecond',
  'eventsPerCpuSecond',
  'eventsPerBothCpuSecond',
  'p50Ms',
  'p99Ms',
  'serverShare',
  'redisShare',
  'redisCommandsPerSecond',
  'redisBytesInPerSecond',
  'swarmShare',
] as const;

type Figures = Readonly<Record<(typeof FIGURES)[number], number>>;

export interface LogMedians extends Figures {
  readonly durability: Durability;
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
}

export function logMedians(durability: Durability, runs: readonly LogRun[]): LogMedians {
  const own = runs.filter((run) => run.server === durability);
  const { counted, valid } = countedOf(own);
  const figures = FIGURES.map((name) => [name, median(counted.map((run) => run[name]))]);
  return { durability, runs: counted.length, valid, ...(Object.fromEntries(figures) as Figures) };
}

export function logTable(runs: readonly LogRun[], medians: readonly LogMedians[]): string {
  const rows = runs.map((run) => [
    run.server,
    ...cells(run),
    String(run.lost),
    String(run.doubled),
    String(run.disordered),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${m.durability}`,
    ...cells(m),
    '',
    '',
    '',
    m.valid ? `of ${m.runs}` : 'INVALID',
  ]);
  const notes = runs.flatMap((run, i) => remarksOf(run).map((text) => `run ${i + 1} (${run.server}): ${text}`));
  return [table(HEAD, [...rows, ...middles]), '', ...ratios(medians), ...notes].join('\n');
}

function cells(of: Figures): string[] {
  return [
    thousands(of.eventsPerSecond),
    thousands(of.eventsPerCpuSecond),
    thousands(of.eventsPerBothCpuSecond),
    of.p50Ms.toFixed(1),
    of.p99Ms.toFixed(1),
    percent(of.serverShare),
    percent(of.redisShare),
    thousands(of.redisCommandsPerSecond),
    thousands(of.redisBytesInPerSecond / 1000),
    percent(of.swarmShare),
  ];
}

/** `log` is held against `snapshot`, which is what it adds to. */
function ratios(medians: readonly LogMedians[]): string[] {
  const base = medians.find(({ durability }) => durability === 'snapshot');
  if (base === undefined) return [];
  return medians
    .filter((each) => each !== base)
    .map((each) => {
      const node = (each.eventsPerCpuSecond / base.eventsPerCpuSecond).toFixed(2);
      const both = (each.eventsPerBothCpuSecond / base.eventsPerBothCpuSecond).toFixed(2);
      const p99 = (each.p99Ms / base.p99Ms).toFixed(2);
      return `${each.durability} ÷ snapshot: ${node} × events per CPU-second of the node, ${both} × with Redis; p99 ${p99} ×`;
    });
}
