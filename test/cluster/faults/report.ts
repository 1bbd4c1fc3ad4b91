/** The table of all faults: each row is printed when it is known, and all of them once more at the end. */
import { appendFileSync, readFileSync } from 'node:fs';
import { inject } from 'vitest';

/** The longest pauses of some clients, in ms. */
export interface Group extends Spread {
  readonly clients: number;
  /** Whose pause was the longest, and when it began after the fault did. */
  readonly who: string;
  readonly beganMs: number;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Row {
  readonly fault: string;
  readonly clients: number;
  readonly events: number;
  readonly lost: number;
  readonly doubled: number;
  readonly outOfOrder: number;
  /** Events that a new owner began without, as P18 allows. */
  readonly takenBack: number;
  /** How long the measuring process itself stood still at most. */
  readonly stallMs: number;
  /** `all`, and the groups of the fault. */
  readonly pauses: Readonly<Record<string, Group>>;
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** The file in which the rows of all test files meet. */
    readonly faultRows: string;
  }
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

export function writeRow(row: Row): void {
  appendFileSync(inject('faultRows'), `${JSON.stringify(row)}\n`);
  process.stdout.write(`${showTable([row])}\n`);
}

export function readRows(path: string): Row[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

const HEAD = [
  'fault',
  'clients',
  'events',
  'lost',
  'doubled',
  'out of order',
  'taken back',
  'p50 ms',
  'p99 ms',
  'max ms',
  'began at s',
  'own stall ms',
];

export function showTable(rows: readonly Row[]): string {
  const cells = [HEAD, ...rows.flatMap(cellsOf)];
  const widths = HEAD.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
  const show = (line: readonly string[]) =>
    line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return cells.map(show).join('\n');
}

function cellsOf(row: Row): string[][] {
  const { all, ...groups } = row.pauses;
  const counts = [row.events, row.lost, row.doubled, row.outOfOrder, row.takenBack].map(String);
  return [
    [row.fault, String(row.clients), ...counts, ...(all === undefined ? [] : timesOf(all)), whole(row.stallMs)],
    ...Object.entries(groups).map(([name, group]) => [
      `  ${name}`,
      String(group.clients),
      ...counts.map(() => ''),
      ...timesOf(group),
      '',
    ]),
  ];
}

const timesOf = ({ p50, p99, max, beganMs }: Group): string[] => [
  ...[p50, p99, max].map(whole),
  (beganMs / 1_000).toFixed(1),
];

const whole = (ms: number): string => String(Math.round(ms));
