/**
 * Opens sessions at a pace that others do not feel. When another node dies, thousands say HELLO within a moment, and the
 * socket library hands over a thousand of them in one turn of the event loop: some 0.1 s in which nobody else is heard.
 * So each turn serves its share, and the rest wait in the order in which they came.
 */
import type { Clock } from '../base/clock.ts';

/**
 * Measured with 3,000 at once: without a limit the longest wait of a member was 0.4 s, with 256 half of that, with 64 a
 * quarter, but then the node needed twice the time for all, since less goes out together.
 */
const PER_TURN = 128;

export class Arrivals {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();
  #servedNow = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more may be served in this turn; it is counted. */
  admits(): boolean {
    if (this.#servedNow >= PER_TURN) return false;
    if (this.#servedNow++ === 0) this.#clock.soon(() => this.#nextTurn());
    return true;
  }

  /** `serve` runs in a later turn; it must not throw. */
  wait(serve: () => void): void {
    this.#waiting.add(serve);
  }

  #nextTurn(): void {
    this.#servedNow = 0;
    for (const serve of this.#waiting) {
      if (!this.admits()) return;
      this.#waiting.delete(serve);
      serve();
    }
  }
}
