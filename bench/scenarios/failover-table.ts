import { percentileOf } from '../probes/pauses.ts';
import { table } from '../report/table.ts';
import { type FailoverRun, GROUPS, type Group, groupOf, sumRooms } from './failover-run.ts';
import { thousands } from './fanout-table.ts';
import { loadLine } from './run-lines.ts';
import { countedOf } from './validity.ts';

export interface PauseRow {
  readonly group: Group;
  readonly probes: number;
  /** False where no run counted, and these are of all. */
  readonly valid: boolean;
  /** The longest pause of each probe before the crash: what the load itself does. */
  readonly before: Percentiles;
  readonly after: Percentiles;
}

interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Over the probes of all runs that count together, since one run has few of them. */
export function pauseRows(runs: readonly FailoverRun[]): PauseRow[] {
  const { counted, valid } = countedOf(runs);
  return GROUPS.map((group) => {
    const probes = counted.flatMap((run) => run.report.probes.filter((one) => groupOf(run, one) === group));
    return {
      group,
      probes: probes.length,
      valid,
      before: percentiles(probes.map(({ pauseBeforeMs }) => pauseBeforeMs)),
      after: percentiles(probes.map(({ pauseMs }) => pauseMs)),
    };
  });
}

function percentiles(values: readonly number[]): Percentiles {
  const [p50Ms = 0, p99Ms = 0, maxMs = 0] = [50, 99, 100].map((percent) => percentileOf(values, percent));
  return { p50Ms, p99Ms, maxMs };
}

const PAUSE_HEAD = [
  'longest pause of each probe',
  'probes',
  'before: p50 ms',
  'p99 ms',
  'crash: p50 ms',
  'p99 ms',
  'max ms',
];
const ROOM_HEAD = ['rooms', 'run', 'taken over', 'done', 'lost', 'doubled', 'taken back', 'oldest ms', ''];

export function failoverTable(runs: readonly FailoverRun[], rows: readonly PauseRow[]): string {
  const pauses = rows.map(({ group, probes, before, after }) => [
    group,
    String(probes),
    ...[before.p50Ms, before.p99Ms, after.p50Ms, after.p99Ms, after.maxMs].map(wholeMs),
  ]);
  const rooms = (['snapshot', 'log'] as const).flatMap((durability) =>
    runs.map((run, i) => {
      const sum = sumRooms(run.report, durability);
      return [
        durability,
        String(i + 1),
        `${sum.takenOver} of ${sum.rooms}`,
        thousands(sum.done),
        ...[sum.lost, sum.doubled, sum.takenBack].map(String),
        sum.takenBack > 0 ? wholeMs(sum.takenBackMs) : '',
        run.invalid.length > 0 ? 'INVALID' : '',
      ];
    }),
  );
  const notes = runs.flatMap((run, i) => run.invalid.map((why) => `run ${i + 1} does not count: ${why}`));
  const load = loadLine('after the crash', runs, {
    of: ({ span }) => span.events / span.seconds,
    text: thousands,
    unit: 'events/s to raw clients of the nodes that were left',
  });
  return [table(PAUSE_HEAD, pauses), '', table(ROOM_HEAD, rooms), '', load, ...notes].join('\n');
}

function wholeMs(ms: number): string {
  return Number.isFinite(ms) ? ms.toFixed(0) : '';
}
