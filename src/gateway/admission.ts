import { TokenBucket } from '../base/token-bucket.ts';

/** Who is refused again and again counts each time; no real line is longer than this. */
const WAIT_MAX_MS = 10_000;
/** Told times are rounded up to it: more exact they are not. */
const STEP_MS = 100;

/** Joins that the whole node admits, so many per second and as many at once; and how long the line of the others is. */
export class Admission {
  readonly #bucket: TokenBucket;
  readonly #perSec: number;
  /** When all who were refused are admitted, if they come back in order. */
  #lineEndsAt = 0;

  constructor(perSec: number, now: number) {
    this.#bucket = new TokenBucket(perSec, perSec, now);
    this.#perSec = perSec;
  }

  admits(now: number): boolean {
    return this.#bucket.take(1, now);
  }

  /** After a refusal: when it is worth to ask again. */
  waitMs(now: number): number {
    this.#lineEndsAt = Math.min(Math.max(this.#lineEndsAt, now) + 1_000 / this.#perSec, now + WAIT_MAX_MS);
    return Math.ceil((this.#lineEndsAt - now) / STEP_MS) * STEP_MS;
  }
}
