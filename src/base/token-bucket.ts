/** A rate limit of `perSec` with bursts of `burst`. It starts full; time is handed in, in ms. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSec: number, burst: number, now: number) {
    this.#perMs = perSec / 1000;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Takes `cost` tokens, or none and answers false when there are not enough. */
  take(cost: number, now: number): boolean {
    this.#refill(now);
    if (cost > this.#tokens) return false;
    this.#tokens -= cost;
    return true;
  }

  /** Milliseconds until `cost` tokens are there; 0 when they are. */
  waitMs(cost: number, now: number): number {
    this.#refill(now);
    return cost <= this.#tokens ? 0 : (Math.min(cost, this.#burst) - this.#tokens) / this.#perMs;
  }

  #refill(now: number): void {
    if (now <= this.#at) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
