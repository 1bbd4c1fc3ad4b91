import { Histogram } from '../swarm/histogram.ts';
import type { BarChart, Chart, CurveChart, LineChart } from './chart.ts';
import { type Range, rangeOf } from './range.ts';
import { isRecord, type Result } from './read-results.ts';

/** What a chart shows of one results file. */
export type Figure =
  | { readonly chart: BarChart; readonly result: Result; readonly counts: Counts; readonly bars: readonly Bar[] }
  | { readonly chart: CurveChart; readonly result: Result; readonly counts: Counts; readonly curves: readonly Curve[] }
  | { readonly chart: LineChart; readonly result: Result; readonly counts: Counts; readonly lines: readonly Line[] };

/** How many rows a figure rests on, and why others were left out. */
export interface Counts {
  readonly valid: number;
  readonly all: number;
  readonly reasons: readonly string[];
}

/** `valid`: not one of its rows may count, and it shows those. */
export interface Bar {
  readonly group: string;
  readonly name: string;
  readonly value: Range;
  readonly rows: number;
  readonly valid: boolean;
}

export interface Curve {
  readonly name: string;
  readonly histogram: Histogram;
  readonly valid: boolean;
}

export interface Line {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly value: Range; readonly valid: boolean }[];
}

type Row = Readonly<Record<string, unknown>>;

/** Of the newest results that the chart can show, those with valid rows first; null where there are none. */
export function figureOf(chart: Chart, results: readonly Result[]): Figure | null {
  const figures = results.flatMap((result) => figureFrom(chart, result) ?? []);
  return figures.find(({ counts }) => counts.valid > 0) ?? figures[0] ?? null;
}

function figureFrom(chart: Chart, result: Result): Figure | null {
  const rows = rowsOf(chart, result);
  const isSweep = chart.same?.some((name) => distinct(rows, name).length > 1) ?? false;
  if (rows.length === 0 || isSweep) return null;
  const counts = countsOf(rows);
  switch (chart.kind) {
    case 'bars':
      return { chart, result, counts, bars: barsOf(chart, rows) };
    case 'percentiles':
      return { chart, result, counts, curves: curvesOf(chart, rows) };
    case 'lines':
      return distinct(rows, chart.x).length < 2 ? null : { chart, result, counts, lines: linesOf(chart, rows) };
  }
}

/** Rows that have all that the chart needs. */
function rowsOf(chart: Chart, { content }: Result): Row[] {
  const { of = 'runs', where = {} } = chart;
  const rows = content[of];
  if (!Array.isArray(rows)) return [];
  const isWanted = (row: Row) => Object.entries(where).every(([name, value]) => fieldOf(row, name) === value);
  const isWhole = (row: Row) => {
    if (fieldOf(row, chart.by) === undefined) return false;
    if (chart.kind === 'percentiles') return pairsOf(row, chart.histogram).length > 0;
    if (chart.kind === 'lines' && numberOf(row, chart.x) === null) return false;
    return numberOf(row, chart.value) !== null;
  };
  return rows.filter(isRecord).filter((row) => isWanted(row) && isWhole(row));
}

function barsOf({ by, group, value }: BarChart, rows: readonly Row[]): Bar[] {
  const groups = group === undefined ? [''] : distinct(rows, group);
  return groups.flatMap((groupName) => {
    const inGroup = group === undefined ? rows : withValue(rows, group, groupName);
    return distinct(inGroup, by).map((name) => {
      const { counted, valid } = countedOf(withValue(inGroup, by, name));
      return { group: groupName, name, value: rangeOf(numbersOf(counted, value)), rows: counted.length, valid };
    });
  });
}

function curvesOf({ by, histogram }: CurveChart, rows: readonly Row[]): Curve[] {
  return distinct(rows, by).map((name) => {
    const { counted, valid } = countedOf(withValue(rows, by, name));
    const sum = new Histogram();
    for (const row of counted) sum.add(pairsOf(row, histogram));
    return { name, histogram: sum, valid };
  });
}

function linesOf({ by, x, value }: LineChart, rows: readonly Row[]): Line[] {
  return distinct(rows, by).map((name) => {
    const own = withValue(rows, by, name);
    const xs = [...new Set(numbersOf(own, x))].sort((a, b) => a - b);
    const points = xs.map((at) => {
      const { counted, valid } = countedOf(own.filter((row) => numberOf(row, x) === at));
      return { x: at, value: rangeOf(numbersOf(counted, value)), valid };
    });
    return { name, points };
  });
}

function isValid(row: Row): boolean {
  return row.valid !== false && reasonsOf(row).length === 0;
}

function reasonsOf({ invalid }: Row): string[] {
  return Array.isArray(invalid) ? invalid.map(String) : [];
}

function countedOf(rows: readonly Row[]): { readonly counted: readonly Row[]; readonly valid: boolean } {
  const valid = rows.filter(isValid);
  return valid.length > 0 ? { counted: valid, valid: true } : { counted: rows, valid: false };
}

function countsOf(rows: readonly Row[]): Counts {
  const reasons = [...new Set(rows.flatMap(reasonsOf))];
  return { valid: rows.filter(isValid).length, all: rows.length, reasons };
}

function distinct(rows: readonly Row[], name: string): string[] {
  return [...new Set(rows.map((row) => String(fieldOf(row, name))))];
}

function withValue(rows: readonly Row[], name: string, value: string): readonly Row[] {
  return rows.filter((row) => String(fieldOf(row, name)) === value);
}

function numbersOf(rows: readonly Row[], name: string): number[] {
  return rows.flatMap((row) => numberOf(row, name) ?? []);
}

function numberOf(row: Row, name: string): number | null {
  const value = fieldOf(row, name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function fieldOf(row: Row, name: string): unknown {
  return name.split('.').reduce<unknown>((value, part) => (isRecord(value) ? value[part] : undefined), row);
}

function pairsOf(row: Row, name: string): (readonly [number, number])[] {
  const pairs = fieldOf(row, name);
  if (!Array.isArray(pairs)) return [];
  return pairs.filter(
    (pair): pair is [number, number] => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite),
  );
}
