import { spanBetween } from '../host/sample.ts';
import type { CannonResult } from '../http/plan.ts';
import { median } from '../report/median.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Window } from '../swarm/swarm.ts';
import { countedOf, histogramOf, type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

export interface HttpLoad {
  readonly messagesPerSecond: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

/** One window of one round: sockets busy, and one path asked for or none. */
export interface HttpRun extends Validity, Told {
  readonly round: number;
  /** null: sockets alone. */
  readonly path: string | null;
  readonly http: CannonResult | null;
  /** Of the sockets' messages. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly swarmShare: number;
  readonly latencyUs: HistogramPairs;
}

export function httpRun(
  round: number,
  path: string | null,
  window: Window,
  load: HttpLoad,
  http: CannonResult | null,
): HttpRun {
  const span = spanBetween(window.from, window.to, load.serverCores, load.swarmCores);
  const latency = histogramOf(window.latencyUs);
  return {
    ...validityOf(span, window.lateUs, load.messagesPerSecond, load.serverCores.length),
    round,
    path,
    http,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    swarmShare: span.swarmCoreBusy,
    latencyUs: window.latencyUs,
    ...vitalsIn(window),
  };
}

export interface HttpMedians {
  readonly path: string | null;
  /** Windows that the medians are of: the valid ones, or all where none was valid. */
  readonly windows: number;
  readonly valid: boolean;
  readonly requestsPerSecond: number;
  readonly httpP50Ms: number;
  readonly httpP99Ms: number;
  readonly httpMaxMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly serverShare: number;
  readonly swarmShare: number;
  /** Of the server, above the sockets alone. */
  readonly usPerRequest: number;
  /** Of the sockets' messages: ÷ that of the sockets alone in the same round. */
  readonly p99Ratio: number;
}

export function httpMedians(path: string | null, runs: readonly HttpRun[]): HttpMedians {
  const own = runs.filter((run) => run.path === path);
  const { counted, valid } = countedOf(own);
  const of = (value: (run: HttpRun) => number) => median(counted.map(value));
  const ofHttp = (value: (http: CannonResult) => number) =>
    median(counted.flatMap(({ http }) => (http ? [value(http)] : [])));
  const beside = (value: (run: HttpRun, alone: HttpRun) => number) =>
    median(
      counted.flatMap((run) => {
        const alone = runs.find((other) => other.path === null && other.round === run.round);
        return alone === undefined ? [] : [value(run, alone)];
      }),
    );
  return {
    path,
    windows: counted.length,
    valid,
    requestsPerSecond: ofHttp((http) => http.requestsPerSecond),
    httpP50Ms: ofHttp((http) => http.p50Ms),
    httpP99Ms: ofHttp((http) => http.p99Ms),
    httpMaxMs: ofHttp((http) => http.maxMs),
    p50Ms: of((run) => run.p50Ms),
    p99Ms: of((run) => run.p99Ms),
    serverShare: of((run) => run.serverShare),
    swarmShare: of((run) => run.swarmShare),
    usPerRequest: beside((run, alone) => usPerRequest(run, alone)),
    p99Ratio: beside((run, alone) => run.p99Ms / alone.p99Ms),
  };
}

function usPerRequest(run: HttpRun, alone: HttpRun): number {
  return ((run.serverShare - alone.serverShare) * 1e6) / (run.http?.requestsPerSecond ?? Number.NaN);
}

export function brokenByHttp(runs: readonly HttpRun[]): string[] {
  return runs.flatMap(({ round, path, http }) =>
    http && http.failed > 0 ? [`round ${round}, ${path}: ${http.failed} requests failed`] : [],
  );
}
