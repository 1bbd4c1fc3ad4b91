import { median } from '../report/median.ts';
import { nsPerEvent, type TopologyRun } from './topology-run.ts';
import { countedOf } from './validity.ts';

/** What tables show of a run, and of the middle of several. */
const FIGURES = {
  eventsPerSecond: (run: TopologyRun) => run.eventsPerSecond,
  /** Of all server processes together. */
  eventsPerCpuSecond: (run: TopologyRun) => run.eventsPerCpuSecond,
  nodeNs: (run: TopologyRun) => nsPerEvent(run, 'node'),
  redisNs: (run: TopologyRun) => nsPerEvent(run, 'redis'),
  nginxNs: (run: TopologyRun) => nsPerEvent(run, 'nginx'),
  packetsPerDelivery: (run: TopologyRun) => run.perDelivery?.packets ?? 0,
  commitsPerDelivery: (run: TopologyRun) => run.perDelivery?.commits ?? 0,
  framesPerDelivery: (run: TopologyRun) => run.perDelivery?.frames ?? 0,
  p50Ms: (run: TopologyRun) => run.p50Ms,
  p95Ms: (run: TopologyRun) => run.p95Ms,
  p99Ms: (run: TopologyRun) => run.p99Ms,
  p999Ms: (run: TopologyRun) => run.p999Ms,
  serverShare: (run: TopologyRun) => run.serverShare,
  swarmShare: (run: TopologyRun) => run.swarmShare,
  othersShare: (run: TopologyRun) => run.othersShare,
};

export type Figures = Readonly<Record<keyof typeof FIGURES, number>>;

export interface MedianFigures extends Figures {
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
}

export function figuresOf(run: TopologyRun): Figures {
  return mapFigures((of) => of(run));
}

export function medianFigures(runs: readonly TopologyRun[]): MedianFigures {
  const { counted, valid } = countedOf(runs);
  return { ...mapFigures((of) => median(counted.map(of))), runs: counted.length, valid };
}

function mapFigures(value: (of: (run: TopologyRun) => number) => number): Figures {
  return Object.fromEntries(Object.entries(FIGURES).map(([name, of]) => [name, value(of)])) as Figures;
}

/** Why runs do not count, and what went wrong at their clients: lines below a table. */
export function notesOf(runs: readonly TopologyRun[]): string[] {
  return runs.flatMap((run, i) => [
    ...run.invalid.map((why) => `run ${i + 1} (${run.server}) does not count: ${why}`),
    ...run.faults.map((fault) => `run ${i + 1} (${run.server}): ${fault}`),
  ]);
}

/** The last cell of a row of medians. */
export function validText({ runs, valid }: MedianFigures): string {
  return valid ? `of ${runs}` : 'INVALID';
}
