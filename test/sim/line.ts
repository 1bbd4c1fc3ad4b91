import type { VirtualClock } from '../support/virtual-clock.ts';

/** One direction of a connection: each thing takes its own time, none overtakes another. */
export class Line {
  readonly #clock: VirtualClock;
  #queue: (() => void)[] = [];
  #arrive = arrival(this.#queue);
  #lastAt = 0;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  send(delayMs: number, arrive: () => void): void {
    const now = this.#clock.now();
    this.#lastAt = Math.max(this.#lastAt, now + delayMs);
    this.#queue.push(arrive);
    // The queue keeps the order, whatever rounding does to two times that are nearly equal.
    this.#clock.after(this.#lastAt - now, this.#arrive);
  }

  /** What is on its way is lost. */
  cut(): void {
    this.#queue.length = 0;
    this.#queue = [];
    this.#arrive = arrival(this.#queue);
    this.#lastAt = 0;
  }
}

/** One for all that is on its way: a closure for each thing would be much of what a run allocates. */
function arrival(queue: (() => void)[]): () => void {
  return () => queue.shift()?.();
}
