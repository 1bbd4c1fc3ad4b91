import { spanBetween } from '../host/sample.ts';
import { median } from '../report/median.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Outcome } from '../swarm/slow-client.ts';
import type { Window } from '../swarm/swarm.ts';
import { histogramOf, percent, type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

/**
 * What stops in a window. `quiet` is what the others are held against, and `control` is the same once more: as far as
 * they differ, a difference says nothing.
 */
export type Kind = 'quiet' | 'control' | 'one' | 'some';

/** One window of one round. */
export interface SlowReaderRun extends Validity, Told {
  readonly round: number;
  readonly kind: Kind;
  /** Readers that stopped. */
  readonly stopped: number;
  /** Of the members that did not stop, in this and every other window. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** The most that the server had resident, above what it had at the begin. */
  readonly grownBytes: number;
  readonly bufferedBytes: number;
  readonly bufferedMostBytes: number;
  readonly lagging: number;
  readonly swarmShare: number;
  readonly outcomes: readonly (Outcome | null)[];
  readonly latencyUs: HistogramPairs;
}

export interface WindowLoad {
  readonly messagesPerSecond: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

/** Busier than this, the server is near its limits, where everything moves latency. */
const SERVER_SHARE_MAX = 0.7;

export function slowReaderRun(round: number, kind: Kind, window: Window, load: WindowLoad): SlowReaderRun {
  const span = spanBetween(window.from, window.to, load.serverCores, load.swarmCores);
  const latency = histogramOf(window.latencyUs);
  const validity = validityOf(span, window.lateUs, load.messagesPerSecond, load.serverCores.length);
  const tooBusy = validity.serverShare > SERVER_SHARE_MAX ? [`server ${percent(validity.serverShare)} busy`] : [];
  const unfelt = window.outcomes.filter((outcome) => outcome?.got === 'everything').length;
  const tooLittle = unfelt > window.outcomes.length / 2 ? ['the readers that stopped never lagged'] : [];
  return {
    ...validity,
    invalid: [...validity.invalid, ...tooBusy, ...tooLittle],
    round,
    kind,
    stopped: window.outcomes.length,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms: latency.percentile(99) / 1000,
    p999Ms: latency.percentile(99.9) / 1000,
    maxMs: latency.percentile(100) / 1000,
    grownBytes: window.residentMostBytes - window.from.serverBytes,
    bufferedBytes: window.buffered?.bytes ?? 0,
    bufferedMostBytes: window.buffered?.mostBytes ?? 0,
    lagging: window.buffered?.lagging ?? 0,
    swarmShare: span.swarmCoreBusy,
    outcomes: window.outcomes,
    latencyUs: window.latencyUs,
    ...vitalsIn(window),
  };
}

/** A kind's figure ÷ that of the quiet window of the same round, for rounds in which both count. */
export function ratiosOf(
  runs: readonly SlowReaderRun[],
  kind: Kind,
  figure: (run: SlowReaderRun) => number,
): readonly number[] {
  const counted = (run: SlowReaderRun, wanted: Kind) => run.kind === wanted && run.invalid.length === 0;
  return runs
    .filter((run) => counted(run, kind))
    .flatMap((run) => {
      const quiet = runs.find((other) => counted(other, 'quiet') && other.round === run.round);
      return quiet === undefined ? [] : [figure(run) / figure(quiet)];
    });
}

/** Rounds below which a median says little. */
export const ROUNDS_MIN = 3;
/** How far one stopped reader may move the p99 of the others. */
export const MOVED_MAX = 1.1;

/** What the node promises of slow readers and did not keep. `limitBytes` is BACKPRESSURE_BYTES_MAX. */
export function brokenByReaders(runs: readonly SlowReaderRun[], limitBytes: number): string[] {
  const over = runs.filter((run) => run.bufferedMostBytes > 2 * limitBytes);
  const stuck = runs.filter((run) => run.outcomes.includes(null));
  const moved = ratiosOf(runs, 'one', (run) => run.p99Ms);
  const control = ratiosOf(runs, 'control', (run) => run.p99Ms);
  const failures = [
    ...over.map((run) => `round ${run.round}: ${run.bufferedMostBytes} bytes waited for one reader`),
    ...stuck.map((run) => `round ${run.round}: a reader that had stopped did not get back`),
  ];
  const isClear = moved.length >= ROUNDS_MIN && median(control) < MOVED_MAX && median(moved) > MOVED_MAX;
  if (isClear) failures.push(`one reader moves the p99 of the others ${median(moved).toFixed(2)} ×`);
  return failures;
}
