import { type Span, spanBetween } from '../host/sample.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Loaded } from '../swarm/swarm.ts';
import { lossesOf, lossesText } from './losses.ts';
import { histogramOf, type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

/** One server under one load: what came out, and why it may not count. */
export interface FanoutRun extends Validity, Told {
  readonly server: string;
  readonly span: Span;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly swarmShare: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly refused: number;
  readonly broken: number;
  readonly faults: readonly string[];
  readonly latencyUs: HistogramPairs;
}

export interface FanoutLoad {
  readonly messagesPerSecond: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

export function fanoutRun(server: string, loaded: Loaded, load: FanoutLoad, faults: readonly string[]): FanoutRun {
  const { tally } = loaded.end;
  const span = spanBetween(loaded.from, loaded.to, load.serverCores, load.swarmCores);
  const latency = histogramOf(loaded.latencyUs);
  const validity = validityOf(span, loaded.lateUs, load.messagesPerSecond, load.serverCores.length);
  return {
    server,
    span,
    eventsPerSecond: span.events / span.seconds,
    eventsPerCpuSecond: span.events / span.serverCpu,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    p999Ms: latency.percentile(99.9) / 1000,
    ...validity,
    swarmShare: span.swarmCoreBusy,
    ...lossesOf(tally),
    faults,
    latencyUs: loaded.latencyUs,
    ...vitalsIn(loaded),
  };
}

/** What Roomcast promises and did not keep in this run. */
export function brokenPromises(run: FanoutRun): string[] {
  return lossesText(run).map((text) => `${run.server}: ${text}`);
}
