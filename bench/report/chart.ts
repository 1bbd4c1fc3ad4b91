/**
 * Which fields of a scenario's results become which chart in docs/BENCHMARKS.md. A results file holds arrays of rows,
 * mostly `runs`; a field is named by its path in a row (`span.seconds`). What counts is the median of a row's like, of
 * those that are valid: no reason in `invalid`, and `valid` not false.
 */
export type Chart = BarChart | CurveChart | LineChart;

interface ChartBase {
  /** Names the figure and its file: unique within the scenario. */
  readonly title: string;
  /** The array of rows in the results. Default `runs`. */
  readonly of?: string;
  /** What is compared: the field whose values get a bar, a curve or a line each. */
  readonly by: string;
  /** Only rows with these values. */
  readonly where?: Readonly<Record<string, string | number>>;
  /** Fields that must be the same in all rows: results of a sweep are left to charts that show one. */
  readonly same?: readonly string[];
  /** What makes a result for this chart. Default: the scenario without options. */
  readonly command?: string;
}

/** A value per `by`, side by side, with the spread over runs. */
export interface BarChart extends ChartBase {
  readonly kind: 'bars';
  readonly value: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
  /** A set of bars for each value of this field. */
  readonly group?: string;
}

/** Latency up to each percentile, of the runs' histograms together. */
export interface CurveChart extends ChartBase {
  readonly kind: 'percentiles';
  /** A field with pairs of µs and count. */
  readonly histogram: string;
}

/** A value against a size. */
export interface LineChart extends ChartBase {
  readonly kind: 'lines';
  readonly x: string;
  readonly xUnit: string;
  readonly value: string;
  readonly unit: string;
  readonly better: 'more' | 'less';
}
