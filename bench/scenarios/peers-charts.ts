import type { Chart } from '../report/chart.ts';

const ROWS = { kind: 'bars', of: 'rows', by: 'server', command: 'npm run bench:peers' } as const;

export const PEERS_CHARTS: readonly Chart[] = [
  {
    ...ROWS,
    title: 'Roomcast and its peers: work per CPU-second',
    group: 'scenario',
    value: 'eventsPerCpuSecond',
    unit: 'events delivered per CPU-second of all server processes',
    better: 'more',
  },
  {
    ...ROWS,
    title: 'Roomcast and its peers: rooms on one core, 60 ticks per second',
    where: { scenario: 'tick' },
    value: 'offered',
    unit: 'rooms of 10 members and 20 entities',
    better: 'more',
  },
  {
    ...ROWS,
    title: 'Roomcast and its peers: latency at the best load of each',
    group: 'scenario',
    value: 'p99Ms',
    unit: 'ms, 99 % of the events within',
    better: 'less',
  },
];
