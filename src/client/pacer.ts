/**
 * Keeps a connection below the rates of its WELCOME, so that the server never has to refuse (P19). It holds no frames:
 * who is refused is called back when a try is worth it, and then sends what is right to send at that time.
 */
import type { Clock } from '../base/clock.ts';
import { TokenBucket } from '../base/token-bucket.ts';
import type { Limits } from '../protocol/limits.ts';
import { Alarm } from './alarm.ts';

// The server counts arrivals, which come closer together than departures when the network's delay shrinks, by a clock
// that may run slower than ours. A quarter of the burst left over allows for half a second of such shrinking.
const RATE_SHARE = 0.98;
const BURST_SHARE = 0.75;
/** The burst that the server allows, in seconds of its rate (PROTOCOL section 6). */
const BURST_SEC = 2;

export class Pacer {
  readonly #clock: Clock;
  readonly #alarm: Alarm;
  /** In order of arrival; bounded by the client's rooms. */
  readonly #waiting = new Set<() => void>();
  #serving: (() => void) | null = null;
  #commands: TokenBucket | null = null;
  #bytes: TokenBucket | null = null;
  #bytesBurst = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock);
  }

  /** A new connection: full buckets, nobody waits. */
  start(limits: Limits): void {
    this.stop();
    const now = this.#clock.now();
    this.#commands = bucket(limits.commandsPerSec, now);
    this.#bytesBurst = burst(limits.bytesPerSec);
    this.#bytes = bucket(limits.bytesPerSec, now);
  }

  stop(): void {
    this.#alarm.clear();
    this.#waiting.clear();
    this.#commands = null;
    this.#bytes = null;
  }

  /** True: send the `bytes` now. False: not yet, `again` will be called (once, however often it asked). */
  take(bytes: number, again: () => void): boolean {
    if (this.#commands === null || this.#bytes === null) return false;
    const now = this.#clock.now();
    const cost = Math.min(bytes, this.#bytesBurst);
    const mayGo = this.#waiting.size === 0 || this.#serving === again;
    if (mayGo && this.#commands.waitMs(1, now) === 0 && this.#bytes.take(cost, now)) {
      this.#commands.take(1, now);
      return true;
    }
    this.#waiting.add(again);
    if (!this.#alarm.pending) this.#wakeIn(Math.max(this.#commands.waitMs(1, now), this.#bytes.waitMs(cost, now)));
    return false;
  }

  forget(again: () => void): void {
    this.#waiting.delete(again);
  }

  #wakeIn(ms: number): void {
    this.#alarm.set(Math.max(1, Math.ceil(ms)), () => this.#serve());
  }

  // One after the other, each until it is refused, which puts it behind the others: every room gets its turn.
  #serve(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next);
      this.#serving = next;
      next();
      this.#serving = null;
      if (this.#waiting.has(next)) return;
    }
  }
}

function burst(perSec: number): number {
  return Math.max(1, perSec * BURST_SEC * BURST_SHARE);
}

function bucket(perSec: number, now: number): TokenBucket {
  // A limit of 0 would be a server that serves nothing; waits stay finite all the same.
  return new TokenBucket(Math.max(perSec * RATE_SHARE, 0.001), burst(perSec), now);
}
