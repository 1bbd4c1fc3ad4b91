import { median } from '../report/median.ts';
import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import { loadLine } from './run-lines.ts';
import type { TickRun, TickStep } from './tick-run.ts';
import { countedOf, percent } from './validity.ts';

const HEAD = [
  'server, ticks/s',
  'rooms/core',
  'p50 ms',
  'p99 ms',
  'updates/s',
  'updates/CPU-s',
  'MB/CPU-s',
  'server',
  'swarm',
  'others',
  'broke at',
  'p99 ms',
  'ticks made',
  '',
];

export interface TickMedians {
  readonly server: string;
  readonly ticksPerSec: number;
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
  readonly roomsPerCore: number;
  readonly updatesPerCpuSecond: number;
  readonly bytesPerCpuSecond: number;
}

export function tickMedians(server: string, ticksPerSec: number, runs: readonly TickRun[]): TickMedians {
  const own = runs.filter((run) => run.server === server && run.ticksPerSec === ticksPerSec);
  const { counted, valid } = countedOf(own);
  const of = (value: (step: TickStep) => number) => median(counted.flatMap(({ held }) => (held ? [value(held)] : [])));
  return {
    server,
    ticksPerSec,
    runs: counted.length,
    valid,
    roomsPerCore: median(counted.map((run) => run.roomsPerCore)),
    updatesPerCpuSecond: of((step) => step.updatesPerCpuSecond),
    bytesPerCpuSecond: of((step) => step.bytesPerCpuSecond),
  };
}

export function tickTable(runs: readonly TickRun[], medians: readonly TickMedians[]): string {
  const rows = runs.map((run) => [
    `${run.server}, ${run.ticksPerSec}`,
    run.roomsPerCore.toFixed(0),
    ...(run.held ? figures(run.held) : new Array<string>(8).fill('–')),
    ...(run.broke
      ? [String(run.broke.rooms), run.broke.p99Ms.toFixed(1), percent(run.broke.madeShare)]
      : ['–', '', '']),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${m.server}, ${m.ticksPerSec}`,
    m.roomsPerCore.toFixed(0),
    '',
    '',
    '',
    thousands(m.updatesPerCpuSecond),
    megabytes(m.bytesPerCpuSecond),
    ...new Array<string>(6).fill(''),
    m.valid ? `of ${m.runs}` : 'INVALID',
  ]);
  const lines = medians.map(({ server, ticksPerSec }) =>
    loadLine(
      `${server}, ${ticksPerSec}, at the most rooms held`,
      runs.flatMap((run) => (run.server === server && run.ticksPerSec === ticksPerSec && run.held ? run.held : [])),
      { of: (step) => step.updatesPerCpuSecond, text: thousands, unit: 'updates/CPU-s' },
    ),
  );
  const notes = runs.flatMap((run, i) => run.invalid.map((why) => `run ${i + 1} does not count: ${why}`));
  return [table(HEAD, [...rows, ...middles]), '', ...ratios(medians), ...lines, ...notes].join('\n');
}

function figures(step: TickStep): string[] {
  return [
    step.p50Ms.toFixed(1),
    step.p99Ms.toFixed(1),
    thousands(step.updatesPerSecond),
    thousands(step.updatesPerCpuSecond),
    megabytes(step.bytesPerCpuSecond),
    percent(step.serverShare),
    percent(step.swarmShare),
    percent(step.othersShare),
  ];
}

/** The last server beside the others, at the same rate. */
function ratios(medians: readonly TickMedians[]): string[] {
  const last = medians.at(-1)?.server;
  return medians
    .filter((each) => each.server !== last)
    .flatMap((base) => {
      const own = medians.find((each) => each.server === last && each.ticksPerSec === base.ticksPerSec);
      if (own === undefined) return [];
      const ratio = (own.roomsPerCore / base.roomsPerCore).toFixed(2);
      return [`${own.server} ÷ ${base.server}, ${base.ticksPerSec} ticks/s: ${ratio} × rooms per core`];
    });
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
