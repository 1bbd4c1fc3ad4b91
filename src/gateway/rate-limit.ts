/**
 * What one connection may send (P19): commands and bytes per second, each with bursts of twice the rate.
 *
 * A limit is one number, the time up to which the client has used its rate in advance; at most a burst ahead of now. So
 * an idle connection, of which a node has thousands, costs some 100 bytes for both.
 */
import type { Limits } from '../protocol/limits.ts';

/** Twice the rate, as time. */
const BURST_MS = 2_000;
/** What adding up a burst in floating point may be off by, at times since 1970. */
const ROUNDING_MS = 0.05;
/** A client that was within its limits for this long has heard the ERROR; a later excess counts anew. A guess. */
const QUIET_MS = 1_000;

export class RateLimit {
  readonly #limits: Limits;
  #commandsUsedTo: number;
  #bytesUsedTo: number;
  /** From the first to the last refusal without a quiet time between; null for the many that were never refused. */
  #over: { since: number; last: number } | null = null;

  constructor(limits: Limits, now: number) {
    this.#limits = limits;
    this.#commandsUsedTo = now;
    this.#bytesUsedTo = now;
  }

  /** Whether a frame of this size may pass now; if so, it is charged. */
  admits(frameBytes: number, now: number): boolean {
    const { commandsPerSec, bytesPerSec } = this.#limits;
    const commandsTo = Math.max(this.#commandsUsedTo, now) + 1_000 / commandsPerSec;
    const bytesTo = Math.max(this.#bytesUsedTo, now) + (frameBytes * 1_000) / bytesPerSec;
    const latest = now + BURST_MS + ROUNDING_MS;
    if (commandsTo > latest || bytesTo > latest) {
      this.#refused(now);
      return false;
    }
    this.#commandsUsedTo = commandsTo;
    this.#bytesUsedTo = bytesTo;
    return true;
  }

  /** For how long the client has kept on sending over its limits; asked right after a refusal. */
  overForMs(): number {
    return this.#over === null ? 0 : this.#over.last - this.#over.since;
  }

  #refused(now: number): void {
    if (this.#over === null) this.#over = { since: now, last: now };
    if (now - this.#over.last > QUIET_MS) this.#over.since = now;
    this.#over.last = now;
  }
}
