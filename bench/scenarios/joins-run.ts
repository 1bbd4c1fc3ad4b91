import { spanBetween } from '../host/sample.ts';
import { median } from '../report/median.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Loaded } from '../swarm/swarm.ts';
import { countedOf, histogramOf, type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

/**
 * What the clients of a storm come to: sockets that subscribe at raw uWS, rooms that are not there yet (the first
 * client of each makes it), or rooms that have a member each already.
 */
export type Arrival = 'raw' | 'cold' | 'warm';

export interface JoinsLoad {
  readonly arrival: Arrival;
  /** Of the storm. */
  readonly clients: number;
  readonly rate: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

export interface JoinsRun extends Validity, Told {
  readonly server: string;
  readonly arrival: Arrival;
  readonly joinsPerSecond: number;
  readonly joinsPerCpuSecond: number;
  /** From the time at which a client was to connect until it was in its room. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly swarmShare: number;
  /** Of the storm's clients. */
  readonly missing: number;
  readonly refused: number;
  readonly faults: readonly string[];
  readonly latencyUs: HistogramPairs;
}

export function joinsRun(server: string, loaded: Loaded, load: JoinsLoad, faults: readonly string[]): JoinsRun {
  const { from, to, end } = loaded;
  const span = spanBetween(from, to, load.serverCores, load.swarmCores);
  const latency = histogramOf(loaded.latencyUs);
  const joined = to.tally.joined - from.tally.joined;
  return {
    ...validityOf(span, loaded.lateUs, load.rate, load.serverCores.length),
    server,
    arrival: load.arrival,
    joinsPerSecond: joined / span.seconds,
    joinsPerCpuSecond: joined / span.serverCpu,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    maxMs: latency.percentile(100) / 1000,
    swarmShare: span.swarmCoreBusy,
    missing: load.clients - (end.tally.joined - from.tally.joined),
    refused: end.tally.refused,
    faults,
    latencyUs: loaded.latencyUs,
    ...vitalsIn(loaded),
  };
}

export interface JoinsMedians {
  readonly arrival: Arrival;
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
  readonly joinsPerSecond: number;
  readonly joinsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly serverShare: number;
  readonly swarmShare: number;
  readonly othersShare: number;
}

export function joinsMedians(arrival: Arrival, runs: readonly JoinsRun[]): JoinsMedians {
  const own = runs.filter((run) => run.arrival === arrival);
  const { counted, valid } = countedOf(own);
  const of = (value: (run: JoinsRun) => number) => median(counted.map(value));
  return {
    arrival,
    runs: counted.length,
    valid,
    joinsPerSecond: of((run) => run.joinsPerSecond),
    joinsPerCpuSecond: of((run) => run.joinsPerCpuSecond),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    maxMs: of((run) => run.maxMs),
    serverShare: of((run) => run.serverShare),
    swarmShare: of((run) => run.swarmShare),
    othersShare: of((run) => run.othersShare),
  };
}

export function brokenByJoins(run: JoinsRun): string[] {
  const { server, arrival, missing, refused } = run;
  const counts = { missing, refused };
  return Object.entries(counts).flatMap(([what, count]) =>
    count > 0 ? [`${server}, ${arrival} rooms: ${count} ${what}`] : [],
  );
}
