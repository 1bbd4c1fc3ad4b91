/** The metric table as Prometheus sees it: one row per name, for documents and tests. */
import {
  COUNTER_ROWS,
  CPU,
  EVENT_LOOP_DELAY,
  GAUGE_ROWS,
  HISTOGRAM_ROWS,
  MEMORY,
  METRIC_PREFIX,
  UPTIME,
} from './metric-table.ts';

export interface Series {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** As Prometheus has it, the name says it. */
  readonly unit: 'seconds' | 'bytes' | 'count';
  /** Beside `node`. */
  readonly labels: readonly string[];
  readonly help: string;
}

export function allSeries(): readonly Series[] {
  const rows: Omit<Series, 'unit'>[] = [
    ...COUNTER_ROWS.map(({ name, help, reason }) => {
      return {
        name: METRIC_PREFIX + name,
        type: 'counter' as const,
        labels: reason === undefined ? [] : ['reason'],
        help,
      };
    }),
    ...GAUGE_ROWS.map(({ name, type, help }) => {
      return { name: METRIC_PREFIX + name, type: type ?? ('gauge' as const), labels: [], help };
    }),
    ...HISTOGRAM_ROWS.map(({ name, help }) => {
      return { name: METRIC_PREFIX + name, type: 'histogram' as const, labels: ['le'], help };
    }),
    { ...EVENT_LOOP_DELAY, type: 'gauge', labels: ['quantile'] },
    { ...CPU, type: 'counter', labels: [] },
    { ...MEMORY, type: 'gauge', labels: [] },
    { ...UPTIME, type: 'gauge', labels: [] },
  ];
  const byName = new Map(rows.map((row) => [row.name, { ...row, unit: unitOf(row.name) }]));
  return [...byName.values()];
}

function unitOf(name: string): Series['unit'] {
  const [unit] = /(seconds|bytes)(?=(_total)?$)/.exec(name) ?? [];
  return unit === 'seconds' || unit === 'bytes' ? unit : 'count';
}
