/**
 * How far apart flushes are kept. Each flush costs a write to every socket of a room, whatever it carries, so a busy
 * node that flushes every event-loop turn spends all its time on small writes; an idle one has that time to spare.
 *
 * So the interval follows the load: nothing while the event loop is less busy than the target, and as much as it
 * takes to keep it there, up to `maxMs`, when it is busier. Measured in docs/decisions/0006.
 */
import type { Clock } from '../base/clock.ts';

/** Share of the time that the event loop was busy since the last call, 0 to 1. */
export type Utilization = () => number;

const TARGET = 0.6;
/** Below this share of the target the interval shrinks; in between it stays, so that it does not swing. */
const CALM = 0.85;
const GROWTH = 1.5;
const STEP_MS = 0.5;
const LOOK_MS = 50;

export class FlushPace {
  readonly #clock: Clock;
  readonly #utilization: Utilization;
  readonly #maxMs: number;
  #intervalMs = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, utilization: Utilization, maxMs: number) {
    this.#clock = clock;
    this.#utilization = utilization;
    this.#maxMs = maxMs;
  }

  /** How long after the last flush the next one may come. */
  intervalMs(): number {
    const now = this.#clock.now();
    if (now - this.#lookedAt >= LOOK_MS) {
      this.#lookedAt = now;
      this.#adjust(this.#utilization());
    }
    return this.#intervalMs;
  }

  #adjust(busy: number): void {
    if (busy > TARGET) this.#intervalMs = Math.min(this.#maxMs, this.#intervalMs * GROWTH + STEP_MS);
    else if (busy < TARGET * CALM) this.#intervalMs = Math.max(0, this.#intervalMs / GROWTH - STEP_MS);
  }
}
