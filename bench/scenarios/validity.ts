import type { Span } from '../host/sample.ts';
import type { Vitals } from '../servers/vitals.ts';
import { Histogram } from '../swarm/histogram.ts';
import type { HistogramPairs } from '../swarm/plan.ts';

/** The swarm's cores busier than this leave it no room to be faster than the server. */
const SWARM_BUSY_MAX = 0.95;
/** Messages handed to their sockets later than this no longer are the load that was asked for. */
const LATE_P99_MAX_MS = 20;
/** Of the server's core: more than this, and throughput and latency are those of a busy machine. */
const OTHERS_SHARE_MAX = 0.1;
/** Of the messages scheduled in the window. */
const SENT_SHARE_MIN = 0.98;

export interface Validity {
  /** Of the server's core. */
  readonly serverShare: number;
  /** Of the server's core, used by neither the server nor idle: the machine was not ours alone. */
  readonly othersShare: number;
  readonly lateP99Ms: number;
  /** Why something other than the server set the figures; empty for a valid run. */
  readonly invalid: readonly string[];
}

export function validityOf(
  span: Span,
  lateUs: HistogramPairs,
  messagesPerSecond: number,
  serverCores: number,
): Validity {
  const lateP99Ms = histogramOf(lateUs).percentile(99) / 1000;
  const serverShare = span.serverCpu / span.seconds;
  const othersShare = Math.max(0, span.serverCoreBusy - serverShare / serverCores);
  const reasons: string[] = [];
  if (othersShare > OTHERS_SHARE_MAX) reasons.push(`others took ${percent(othersShare)} of the server's core`);
  if (span.swarmCoreBusy > SWARM_BUSY_MAX)
    reasons.push(`the generator was the limit: swarm's cores ${percent(span.swarmCoreBusy)} busy`);
  if (lateP99Ms > LATE_P99_MAX_MS) reasons.push(`1 % of the messages sent more than ${lateP99Ms.toFixed(0)} ms late`);
  const sentShare = span.sent / (messagesPerSecond * span.seconds);
  if (sentShare < SENT_SHARE_MIN) reasons.push(`only ${percent(sentShare)} of the messages sent in time`);
  return { serverShare, othersShare, lateP99Ms, invalid: reasons };
}

/** The runs that count: the valid ones, or all where none was valid. */
export function countedOf<T extends Pick<Validity, 'invalid'>>(
  runs: readonly T[],
): { counted: readonly T[]; valid: boolean } {
  const valid = runs.filter((run) => run.invalid.length === 0);
  return valid.length > 0 ? { counted: valid, valid: true } : { counted: runs, valid: false };
}

/** Why a run does not count, and what went wrong in it. */
export function remarksOf(run: Pick<Validity, 'invalid'> & { readonly faults: readonly string[] }): string[] {
  return [...run.invalid.map((why) => `does not count: ${why}`), ...run.faults];
}

/** For a run to keep: what the servers told of themselves, if they did. */
export function vitalsIn({ vitals }: Told): Told {
  return vitals === undefined ? {} : { vitals };
}

export interface Told {
  readonly vitals?: Vitals;
}

export function histogramOf(pairs: HistogramPairs): Histogram {
  const histogram = new Histogram();
  histogram.add(pairs);
  return histogram;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
