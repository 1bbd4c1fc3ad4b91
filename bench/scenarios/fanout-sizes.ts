import { table } from '../report/table.ts';
import type { FanoutRun } from './fanout-run.ts';
import { type FanoutMedians, fanoutTable, mediansOf, thousands } from './fanout-table.ts';
import { linesBy } from './run-lines.ts';
import { remarksOf } from './validity.ts';

/** One load of a sweep. */
export interface FanoutSize {
  readonly room: number;
  /** Messages per second of each client. */
  readonly rate: number;
}

export interface SizedRun extends FanoutRun, FanoutSize {
  /** Of the server, for each event that a client got. */
  readonly cpuUsPerEvent: number;
}
type SizedMedians = FanoutMedians & FanoutSize;

/** Every room with every rate; with `deliveries` per second the rate follows from the room. */
export function sizesOf(
  clients: number,
  rooms: readonly number[],
  rates: readonly number[],
  deliveries: number,
): FanoutSize[] {
  return rooms.flatMap((room) => {
    if (deliveries > 0) return [{ room, rate: deliveries / (clients * room) }];
    return rates.map((rate) => ({ room, rate }));
  });
}

export function sizedMedians(
  sizes: readonly FanoutSize[],
  servers: readonly string[],
  runs: readonly SizedRun[],
): SizedMedians[] {
  return sizes.flatMap((size) => servers.map((server) => ({ ...size, ...mediansOf(server, runsOf(size, runs)) })));
}

export function sizedRun(size: FanoutSize, run: FanoutRun): SizedRun {
  return { ...size, ...run, cpuUsPerEvent: 1e6 / run.eventsPerCpuSecond };
}

/** Of one size every run; of several a row each. */
export function fanoutText(
  sizes: readonly FanoutSize[],
  servers: readonly string[],
  runs: readonly SizedRun[],
): string {
  const medians = sizedMedians(sizes, servers, runs);
  if (sizes.length === 1) return [fanoutTable(runs, medians), '', ...linesBy(servers, runs)].join('\n');
  const notes = runs.flatMap((run) => remarksOf(run).map((text) => `${sizeText(run)}, ${run.server}: ${text}`));
  const lines = sizes.flatMap((size) => linesBy(servers, runsOf(size, runs), `${sizeText(size)}: `));
  return [sizesTable(sizes, servers, medians, runs), '', ...lines, ...notes].join('\n');
}

export function sizeText({ room, rate }: FanoutSize): string {
  return `rooms of ${room}, ${rateText(rate)} messages/s`;
}

function sizesTable(
  sizes: readonly FanoutSize[],
  servers: readonly string[],
  medians: readonly SizedMedians[],
  runs: readonly SizedRun[],
): string {
  const head = [
    'rooms of',
    'messages/s',
    ...servers.map((server) => `${server} events/CPU-s`),
    ...(servers.length > 1 ? ['ratio'] : []),
    ...servers.map((server) => `${server} p99 ms`),
    'lost',
    'doubled',
    'order',
    '',
  ];
  const rows = sizes.map((size) => {
    const own = medians.filter((each) => isOf(size, each));
    const [base, other] = own;
    const ratio = base && other ? [(other.eventsPerCpuSecond / base.eventsPerCpuSecond).toFixed(2)] : [];
    const sum = (value: (run: FanoutRun) => number) =>
      String(runsOf(size, runs).reduce((total, run) => total + value(run), 0));
    return [
      String(size.room),
      rateText(size.rate),
      ...own.map((each) => thousands(each.eventsPerCpuSecond)),
      ...ratio,
      ...own.map((each) => each.p99Ms.toFixed(1)),
      sum((run) => run.lost),
      sum((run) => run.doubled),
      sum((run) => run.disordered),
      own.every(({ valid }) => valid) ? '' : 'INVALID',
    ];
  });
  return table(head, rows);
}

function runsOf(size: FanoutSize, runs: readonly SizedRun[]): readonly SizedRun[] {
  return runs.filter((run) => isOf(size, run));
}

function isOf(a: FanoutSize, b: FanoutSize): boolean {
  return a.room === b.room && a.rate === b.rate;
}

function rateText(rate: number): string {
  return String(Number(rate.toPrecision(3)));
}
