import type { Contender, Job } from '../peers/contenders.ts';
import { median } from '../report/median.ts';
import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { PeerRun } from './peers-load.ts';
import { countedOf, percent } from './validity.ts';

/** The medians of one server in one job, over its valid runs. */
export interface PeerRow {
  readonly server: string;
  readonly scenario: Job;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Messages per second of each client; for `tick`, rooms. */
  readonly offered: number;
  /** At least one run counts. */
  readonly valid: boolean;
  readonly runs: number;
  /** CPU time ÷ wall time, of all processes of the server. */
  readonly serverShare: number;
  readonly swarmShare: number;
  /** Of all runs together. */
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  /** Runs in which it did not keep up. */
  readonly behind: number;
}

export function peerRow({ job, kind }: Contender, all: readonly PeerRun[]): PeerRow {
  const { counted, valid } = countedOf(all);
  const of = (value: (run: PeerRun) => number) => median(counted.map(value));
  const sum = (value: (run: PeerRun) => number) => all.reduce((total, run) => total + value(run), 0);
  return {
    server: kind.name,
    scenario: job,
    eventsPerSecond: of((run) => run.eventsPerSecond),
    eventsPerCpuSecond: of((run) => run.eventsPerCpuSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    offered: of((run) => run.offered),
    valid,
    runs: counted.length,
    serverShare: of((run) => run.serverShare),
    swarmShare: of((run) => run.swarmShare),
    lost: sum((run) => run.lost),
    doubled: sum((run) => run.doubled),
    disordered: sum((run) => run.disordered),
    behind: counted.filter((run) => run.behind.length > 0).length,
  };
}

interface Look {
  readonly title: string;
  readonly offered: string;
  readonly ratio: string;
  /** What the first row has more of than the others, times. */
  worth(row: PeerRow): number;
}

const LOOKS: Record<Job, Look> = {
  fanout: {
    title: 'fan-out on one node: every message to all members of its room',
    offered: 'msg/s each',
    ratio: 'per CPU-s',
    worth: (row) => row.eventsPerCpuSecond,
  },
  relay: {
    title: 'relay: the members of each room on two nodes; CPU of both nodes and Redis',
    offered: 'msg/s each',
    ratio: 'per CPU-s',
    worth: (row) => row.eventsPerCpuSecond,
  },
  tick: {
    title: 'tick: 20 entities that change 60 times per second, rooms of 10; rooms on one core',
    offered: 'rooms',
    ratio: 'rooms',
    worth: (row) => row.offered,
  },
};

/** One table per job. The last column says how much the first server of the job is ahead of this one. */
export function peersTables(rows: readonly PeerRow[], first: string): string {
  const jobs = [...new Set(rows.map(({ scenario }) => scenario))];
  return jobs.map((job) => jobTable(job, rows, first)).join('\n\n');
}

function jobTable(job: Job, all: readonly PeerRow[], first: string): string {
  const rows = all.filter(({ scenario }) => scenario === job);
  const base = rows.find(({ server }) => server.startsWith(first));
  const { title, offered, ratio, worth } = LOOKS[job];
  const head = ['server', offered, 'events/s', 'events/CPU-s', 'p50 ms', 'p99 ms', 'server', 'swarm'];
  const ratioHead = `${first} ÷ it, ${ratio}`;
  const lines = rows.map((row) => [
    row.server,
    String(row.offered),
    thousands(row.eventsPerSecond),
    thousands(row.eventsPerCpuSecond),
    row.p50Ms.toFixed(1),
    row.p99Ms.toFixed(1),
    percent(row.serverShare),
    percent(row.swarmShare),
    String(row.lost),
    String(row.doubled),
    String(row.disordered),
    base === undefined ? '–' : `${(worth(base) / worth(row)).toFixed(2)} ×`,
    remark(row),
  ]);
  return `${title}\n${table([...head, 'lost', 'doubled', 'order', ratioHead, ''], lines)}`;
}

function remark(row: PeerRow): string {
  if (!row.valid) return 'INVALID';
  return row.behind > 0 ? `behind in ${row.behind} of ${row.runs}` : `of ${row.runs}`;
}
