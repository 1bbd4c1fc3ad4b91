import type { Chart } from '../report/chart.ts';

/** Of a run of one size; a sweep is left to the charts against size. */
const ONE_SIZE = { by: 'server', same: ['room', 'rate'] } as const;
const SWEEP = {
  by: 'server',
  x: 'room',
  xUnit: 'clients per room',
  command: 'npm run bench -- fanout --clients 1000 --room 2,10,50,200,1000 --deliveries 100000',
} as const;

export const FANOUT_CHARTS: readonly Chart[] = [
  {
    ...ONE_SIZE,
    kind: 'bars',
    title: 'Fan-out per CPU-second',
    value: 'eventsPerCpuSecond',
    unit: 'events delivered per CPU-second of the server',
    better: 'more',
  },
  {
    ...ONE_SIZE,
    kind: 'bars',
    title: 'Fan-out per second',
    value: 'eventsPerSecond',
    unit: 'events delivered per second, all clients together',
    better: 'more',
  },
  { ...ONE_SIZE, kind: 'percentiles', title: 'Fan-out latency', histogram: 'latencyUs' },
  {
    ...SWEEP,
    kind: 'lines',
    title: 'Cost against the size of a room',
    value: 'cpuUsPerEvent',
    unit: 'µs of the server’s CPU per event delivered',
    better: 'less',
  },
  {
    ...SWEEP,
    kind: 'lines',
    title: 'Latency against the size of a room',
    value: 'p99Ms',
    unit: 'ms, 99 % of the events within',
    better: 'less',
  },
];
