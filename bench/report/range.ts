import { median } from './median.ts';

/** How far runs of the same lie apart. */
export interface Range {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** NaN for no values. */
export function rangeOf(values: readonly number[]): Range {
  if (values.length === 0) return { min: Number.NaN, median: Number.NaN, max: Number.NaN };
  return { min: Math.min(...values), median: median(values), max: Math.max(...values) };
}
