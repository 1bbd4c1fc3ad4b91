import type { Chart } from './chart.ts';

/**
 * What a results file of the scenario `peers` has as its `rows`, so that the report can show the peers side by side.
 * Each is the median of the valid runs of one server in one job; more fields do no harm.
 */
export interface PeerRow {
  readonly server: string;
  /** The job: `fanout`, `relay`, `tick`. */
  readonly scenario: string;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** False: no run counts. */
  readonly valid: boolean;
}

const ROWS = { of: 'rows', by: 'server', group: 'scenario', command: 'npm run bench:peers' } as const;

export const PEER_CHARTS: readonly Chart[] = [
  {
    ...ROWS,
    kind: 'bars',
    title: 'Roomcast and its peers: work per CPU-second',
    value: 'eventsPerCpuSecond',
    unit: 'events delivered per CPU-second of all server processes',
    better: 'more',
  },
  {
    ...ROWS,
    kind: 'bars',
    title: 'Roomcast and its peers: latency',
    value: 'p99Ms',
    unit: 'ms, 99 % of the events within',
    better: 'less',
  },
];
