import { TokenBucket } from '../base/token-bucket.ts';
import type { Limits } from '../protocol/limits.ts';

/** A client that was within its limits for this long has heard the ERROR; a later excess counts anew. A guess. */
const QUIET_MS = 1_000;

/** What one connection may send (P19): commands and bytes per second, each with bursts of twice the rate. */
export class RateLimit {
  readonly #commands: TokenBucket;
  readonly #bytes: TokenBucket;
  #overSince = Number.NEGATIVE_INFINITY;
  #overLast = Number.NEGATIVE_INFINITY;

  constructor(limits: Limits, now: number) {
    this.#commands = new TokenBucket(limits.commandsPerSec, 2 * limits.commandsPerSec, now);
    this.#bytes = new TokenBucket(limits.bytesPerSec, 2 * limits.bytesPerSec, now);
  }

  /** Whether a frame of this size may pass now; if so, it is charged. */
  admits(frameBytes: number, now: number): boolean {
    if (this.#commands.take(1, now) && this.#bytes.take(frameBytes, now)) return true;
    if (now - this.#overLast > QUIET_MS) this.#overSince = now;
    this.#overLast = now;
    return false;
  }

  /** For how long the client has kept on sending over its limits; asked right after a refusal. */
  overForMs(): number {
    return this.#overLast - this.#overSince;
  }
}
