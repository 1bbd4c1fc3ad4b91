import { type Span, spanBetween } from '../host/sample.ts';
import { Histogram } from '../swarm/histogram.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Loaded } from '../swarm/swarm.ts';

/** One server under one load: what came out, and why it may not count. */
export interface FanoutRun {
  readonly server: string;
  readonly span: Span;
  readonly eventsPerSecond: number;
  readonly eventsPerCpuSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly serverShare: number;
  readonly swarmShare: number;
  /** Of the server's core, used by neither the server nor idle: the machine was not ours alone. */
  readonly othersShare: number;
  readonly lateP99Ms: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly refused: number;
  readonly broken: number;
  /** Why something other than the server set the figures; empty for a valid run. */
  readonly invalid: readonly string[];
  readonly faults: readonly string[];
  readonly latencyUs: HistogramPairs;
}

/** The swarm's cores busier than this leave it no room to be faster than the server. */
const SWARM_BUSY_MAX = 0.95;
/** Messages handed to their sockets later than this no longer are the load that was asked for. */
const LATE_P99_MAX_MS = 20;
/** Of the server's core: more than this, and throughput and latency are those of a busy machine. */
const OTHERS_SHARE_MAX = 0.1;
/** Of the messages scheduled in the window. */
const SENT_SHARE_MIN = 0.98;

export interface FanoutLoad {
  readonly messagesPerSecond: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

export function fanoutRun(server: string, loaded: Loaded, load: FanoutLoad, faults: readonly string[]): FanoutRun {
  const { tally } = loaded.end;
  const span = spanBetween(loaded.from, loaded.to, load.serverCores, load.swarmCores);
  const latency = histogramOf(loaded.latencyUs);
  const lateP99Ms = histogramOf(loaded.lateUs).percentile(99) / 1000;
  const serverShare = span.serverCpu / span.seconds;
  const othersShare = Math.max(0, span.serverCoreBusy - serverShare / load.serverCores.length);
  return {
    server,
    span,
    eventsPerSecond: span.events / span.seconds,
    eventsPerCpuSecond: span.events / span.serverCpu,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    p999Ms: latency.percentile(99.9) / 1000,
    serverShare,
    swarmShare: span.swarmCoreBusy,
    othersShare,
    lateP99Ms,
    lost: Math.max(tally.lost, tally.due - tally.events),
    doubled: Math.max(tally.doubled, tally.events - tally.due),
    disordered: tally.disordered,
    refused: tally.refused,
    broken: tally.broken,
    invalid: whyInvalid(span, load.messagesPerSecond, lateP99Ms, othersShare),
    faults,
    latencyUs: loaded.latencyUs,
  };
}

function whyInvalid(span: Span, messagesPerSecond: number, lateP99Ms: number, othersShare: number): string[] {
  const reasons: string[] = [];
  if (othersShare > OTHERS_SHARE_MAX) reasons.push(`others took ${percent(othersShare)} of the server's core`);
  if (span.swarmCoreBusy > SWARM_BUSY_MAX) reasons.push(`swarm's cores ${percent(span.swarmCoreBusy)} busy`);
  if (lateP99Ms > LATE_P99_MAX_MS) reasons.push(`1 % of the messages sent more than ${lateP99Ms.toFixed(0)} ms late`);
  const sentShare = span.sent / (messagesPerSecond * span.seconds);
  if (sentShare < SENT_SHARE_MIN) reasons.push(`only ${percent(sentShare)} of the messages sent in time`);
  return reasons;
}

/** What Roomcast promises and did not keep in this run. */
export function brokenPromises(run: FanoutRun): string[] {
  const counts = {
    lost: run.lost,
    doubled: run.doubled,
    disordered: run.disordered,
    refused: run.refused,
    broken: run.broken,
  };
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${run.server}: ${count} ${what}`] : []));
}

function histogramOf(pairs: HistogramPairs): Histogram {
  const histogram = new Histogram();
  histogram.add(pairs);
  return histogram;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
