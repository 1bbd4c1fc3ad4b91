import type { Clock, Timer } from '../base/clock.ts';

/** Items of one deadline expire together when they are this near, so that a rush of them costs few timers. */
const GRANULARITY_MS = 20;

/**
 * One deadline for many items, with one timer. All wait equally long, so the order of adding is the order of expiry
 * and an item costs no timer of its own.
 */
export class Deadlines<T> {
  readonly #clock: Clock;
  readonly #afterMs: number;
  readonly #onDue: (item: T) => void;
  readonly #dueAt = new Map<T, number>();
  #timer: Timer | null = null;

  constructor(clock: Clock, afterMs: number, onDue: (item: T) => void) {
    this.#clock = clock;
    this.#afterMs = afterMs;
    this.#onDue = onDue;
  }

  get size(): number {
    return this.#dueAt.size;
  }

  /** Starts the item's time; for one that is there already it goes on as it was. */
  add(item: T): void {
    if (this.#dueAt.has(item)) return;
    this.#dueAt.set(item, this.#clock.now() + this.#afterMs);
    this.#timer ??= this.#clock.after(this.#afterMs, this.#expire);
  }

  delete(item: T): void {
    // A timer that runs serves whoever comes next: most items go soon, and one timer for each would cost more than they do.
    this.#dueAt.delete(item);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#dueAt.clear();
  }

  readonly #expire = (): void => {
    this.#timer = null;
    const now = this.#clock.now();
    for (const [item, dueAt] of this.#dueAt) {
      if (dueAt > now) {
        this.#timer ??= this.#clock.after(Math.max(dueAt - now, GRANULARITY_MS), this.#expire);
        return;
      }
      this.#dueAt.delete(item);
      this.#onDue(item);
    }
  };
}
