/**
 * How long a packet is under way, from its publish to its arrival. A node measures it by the beats that it sends to
 * itself: they take the way of all packets (commands, store, subscription), and need no clock but its own.
 */
import { Histogram } from '../base/histogram.ts';

const BOUNDS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
/** Over this, players feel that the owner of their room is elsewhere. */
const SLOW_MS = 100;
/** One late beat is a garbage collection; two in a row last a beat's interval. */
const LATE_UNTIL_SLOW = 2;
/** Some 5 s of beats in time: a lag that comes and goes is told of once. */
const TIMELY_UNTIL_WELL = 20;

export class RelayLag {
  readonly times = new Histogram(BOUNDS_MS);
  #lastMs = 0;
  #isSlow = false;
  /** Beats in a row that speak for the other state. */
  #streak = 0;

  /** Of the last beat that came back. */
  get lastMs(): number {
    return this.#lastMs;
  }

  get isSlow(): boolean {
    return this.#isSlow;
  }

  note(ms: number): void {
    this.times.note(ms);
    this.#lastMs = ms;
    if (ms > SLOW_MS === this.#isSlow) {
      this.#streak = 0;
      return;
    }
    this.#streak++;
    if (this.#streak < (this.#isSlow ? TIMELY_UNTIL_WELL : LATE_UNTIL_SLOW)) return;
    this.#isSlow = !this.#isSlow;
    this.#streak = 0;
  }
}
