/**
 * The time for which this node's heartbeat surely is in the store, by its own clock: what an owner of a `strict` room
 * relies on, since nobody takes that room over before the heartbeat has run out.
 *
 * It counts from when a renewal was sent: the store's time to live began no earlier.
 */
import type { Clock } from '../base/clock.ts';

/**
 * Share of the time to live that is relied on. The rest is for clocks that run at different speeds, and for what began
 * within the lease and ends a moment later (guess).
 */
const SHARE = 0.9;

export class Lease {
  readonly #clock: Clock;
  readonly #ttlMs: number;
  #from = Number.NEGATIVE_INFINITY;
  #term = 0;
  #failure: string | null = null;

  constructor(clock: Clock, ttlMs: number) {
    this.#clock = clock;
    this.#ttlMs = ttlMs;
  }

  /** When the last renewal that worked was sent. */
  get from(): number {
    return this.#from;
  }

  /** One more after each time without a lease: others may have taken rooms over in between. */
  get term(): number {
    return this.#term;
  }

  /** Why the last renewal failed; null where it worked. */
  get failure(): string | null {
    return this.#failure;
  }

  holds(): boolean {
    return this.#clock.now() - this.#from < this.#ttlMs * SHARE;
  }

  renewed(sentAt: number): void {
    if (!this.holds()) this.#term++;
    this.#from = sentAt;
    this.#failure = null;
  }

  failed(cause: unknown): void {
    this.#failure = cause instanceof Error ? cause.message : String(cause);
  }

  end(): void {
    this.#from = Number.NEGATIVE_INFINITY;
  }
}
