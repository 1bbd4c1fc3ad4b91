import type { Clock, Timer } from '../base/clock.ts';

/** At most one pending timer for one purpose. */
export class Alarm {
  readonly #clock: Clock;
  #timer: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): boolean {
    return this.#timer !== null;
  }

  /** Replaces what was pending. */
  set(ms: number, task: () => void): void {
    this.clear();
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = null;
      task();
    });
  }

  clear(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }
}
