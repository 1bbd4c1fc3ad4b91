import {
  constants,
  type IntervalHistogram,
  monitorEventLoopDelay,
  type PerformanceEntry,
  PerformanceObserver,
  performance,
} from 'node:perf_hooks';

/** How a server's only thread was held up in a window: by its own work, and by the collection of garbage. */
export interface Vitals {
  /** How long the window was. */
  readonly seconds: number;
  /** How much later than due a timer of the event loop ran. */
  readonly loopLateMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly gc: {
    readonly pauses: number;
    /** Those of them that collected the old generation. */
    readonly major: number;
    readonly totalMs: number;
    readonly longestMs: number;
  };
}

/** A timer this often sees how late it is: 100 wake-ups per second, which cost less than 0.1 % of a core. */
const RESOLUTION_MS = 10;

/** Takes the vitals of the process that it runs in. Costs nothing between `end` and `begin`. */
export class VitalsWatch {
  #loop: IntervalHistogram | null = null;
  #beganMs = 0;
  #pauses: PerformanceEntry[] = [];
  readonly #observer = new PerformanceObserver((list) => this.#pauses.push(...list.getEntries()));

  begin(): void {
    this.end();
    this.#loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#loop.enable();
    this.#beganMs = performance.now();
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** Null when it was not begun. */
  end(): Vitals | null {
    const loop = this.#loop;
    if (loop === null) return null;
    const pauses = [...this.#pauses, ...this.#observer.takeRecords()];
    this.#observer.disconnect();
    this.#pauses = [];
    loop.disable();
    this.#loop = null;
    return {
      seconds: (performance.now() - this.#beganMs) / 1000,
      loopLateMs: { p50: lateMs(loop.percentile(50)), p99: lateMs(loop.percentile(99)), max: lateMs(loop.max) },
      gc: {
        pauses: pauses.length,
        major: pauses.filter(isMajor).length,
        totalMs: pauses.reduce((sum, { duration }) => sum + duration, 0),
        longestMs: Math.max(0, ...pauses.map(({ duration }) => duration)),
      },
    };
  }
}

/** The histogram holds ns between two runs of the timer. */
function lateMs(betweenNs: number): number {
  return Math.max(0, betweenNs / 1e6 - RESOLUTION_MS);
}

function isMajor({ detail }: PerformanceEntry & { readonly detail?: { readonly kind?: number } }): boolean {
  return detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}

/** Of several processes, each time that of the one that was held up most. */
export function worstVitals([first, ...others]: readonly Vitals[]): Vitals | null {
  if (first === undefined) return null;
  return others.reduce(
    (worst, { seconds, loopLateMs, gc }) => ({
      seconds: Math.max(worst.seconds, seconds),
      loopLateMs: {
        p50: Math.max(worst.loopLateMs.p50, loopLateMs.p50),
        p99: Math.max(worst.loopLateMs.p99, loopLateMs.p99),
        max: Math.max(worst.loopLateMs.max, loopLateMs.max),
      },
      gc: {
        pauses: Math.max(worst.gc.pauses, gc.pauses),
        major: Math.max(worst.gc.major, gc.major),
        totalMs: Math.max(worst.gc.totalMs, gc.totalMs),
        longestMs: Math.max(worst.gc.longestMs, gc.longestMs),
      },
    }),
    first,
  );
}
