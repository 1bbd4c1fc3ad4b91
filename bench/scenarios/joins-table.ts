import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { Arrival, JoinsMedians, JoinsRun } from './joins-run.ts';
import { loadLine } from './run-lines.ts';
import { percent, remarksOf } from './validity.ts';

const HEAD = [
  'arrival',
  'joins/s',
  'joins/CPU-s',
  'p50 ms',
  'p99 ms',
  'max ms',
  'server',
  'swarm',
  'others',
  'missing',
  'refused',
  '',
];

const NAMES: Readonly<Record<Arrival, string>> = {
  raw: 'raw uWS: connect, subscribe',
  cold: 'Roomcast: new rooms',
  warm: 'Roomcast: rooms that are there',
};

export function joinsTable(runs: readonly JoinsRun[], medians: readonly JoinsMedians[]): string {
  const rows = runs.map((run) => [
    NAMES[run.arrival],
    ...cells(run),
    String(run.missing),
    String(run.refused),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${NAMES[m.arrival]}`,
    ...cells(m),
    '',
    '',
    m.valid ? `of ${m.runs}` : 'INVALID',
  ]);
  const lines = medians.map(({ arrival }) =>
    loadLine(
      NAMES[arrival],
      runs.filter((run) => run.arrival === arrival),
      { of: (run) => run.joinsPerCpuSecond, text: thousands, unit: 'joins/CPU-s' },
    ),
  );
  const notes = runs.flatMap((run, i) => remarksOf(run).map((text) => `run ${i + 1} (${NAMES[run.arrival]}): ${text}`));
  return [table(HEAD, [...rows, ...middles]), '', ...ratios(medians), ...lines, ...notes].join('\n');
}

function cells(of: Omit<JoinsMedians, 'arrival' | 'runs' | 'valid'>): string[] {
  return [
    thousands(of.joinsPerSecond),
    thousands(of.joinsPerCpuSecond),
    of.p50Ms.toFixed(1),
    of.p99Ms.toFixed(1),
    of.maxMs.toFixed(1),
    percent(of.serverShare),
    percent(of.swarmShare),
    percent(of.othersShare),
  ];
}

function ratios(medians: readonly JoinsMedians[]): string[] {
  const base = medians.find(({ arrival }) => arrival === 'raw');
  if (base === undefined) return [];
  return medians
    .filter((each) => each !== base)
    .map((each) => {
      const perCpu = (each.joinsPerCpuSecond / base.joinsPerCpuSecond).toFixed(2);
      const p99 = (each.p99Ms / base.p99Ms).toFixed(2);
      return `${NAMES[each.arrival]} ÷ ${NAMES.raw}: ${perCpu} × per CPU-second, p99 ${p99} ×`;
    });
}
