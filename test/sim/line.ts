import type { VirtualClock } from '../support/virtual-clock.ts';

/** One direction of a connection: each thing takes its own time, none overtakes another. */
export class Line {
  readonly #clock: VirtualClock;
  #queue: (() => void)[] = [];
  #lastAt = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(delayMs: number, arrive: () => void): void {
    const now = this.#clock.now();
    this.#lastAt = Math.max(this.#lastAt, now + delayMs);
    const queue = this.#queue;
    queue.push(arrive);
    // The queue keeps the order, whatever rounding does to two times that are nearly equal.
    this.#clock.after(this.#lastAt - now, () => queue.shift()?.());
  }

  /** What is on its way is lost. */
  cut(): void {
    this.#queue.length = 0;
    this.#queue = [];
    this.#lastAt = 0;
  }
}
