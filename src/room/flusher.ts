/**
 * At the end of an event-loop turn every room with something in its outbox seals one frame, the frames of `log` rooms
 * go to the log together (group commit: one call under way, the next takes all that came meanwhile), and the packets
 * to other nodes leave. Flushes of a busy node are kept apart (`flush-pace.ts`); idle, the delay is nil.
 */
import { fullJitterMs } from '../base/backoff.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';
import type { FlushPace } from './flush-pace.ts';
import type { LogAppend, LogStore, WriteResult } from './ports.ts';

export interface Flushable {
  flush(): void;
}

/** A room whose frame waits for the log. */
export interface LogWaiter {
  appended(result: WriteResult): void;
}

interface Waiting {
  readonly append: LogAppend;
  readonly waiter: LogWaiter;
}

const RETRY_BASE_MS = 50;
const RETRY_MAX_MS = 2000;
/** Frames in one call to the log: 512 frames of a turn are well under a megabyte (guess). */
const GROUP_MAX = 512;

export class Flusher {
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #store: LogStore;
  readonly #afterFlush: () => void;
  readonly #pace: Pick<FlushPace, 'intervalMs'>;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #due: Flushable[] = [];
  #scheduled = false;
  /** While the rooms of a turn are flushed, their frames gather for one call. */
  #flushing = false;
  #waiting: Waiting[] = [];
  #appending = false;
  #failures = 0;
  #retry: Timer | null = null;
  #stopped = false;

  /** `afterFlush` sends the packets of this turn. */
  constructor(
    clock: Clock,
    rng: Rng,
    log: Logger,
    counters: Counters,
    store: LogStore,
    afterFlush: () => void,
    pace: Pick<FlushPace, 'intervalMs'>,
  ) {
    this.#clock = clock;
    this.#rng = rng;
    this.#log = log;
    this.#counters = counters;
    this.#store = store;
    this.#afterFlush = afterFlush;
    this.#pace = pace;
  }

  /** Whether the log can't be written now: commands of `log` rooms are refused until it can. */
  get logStalled(): boolean {
    return this.#failures > 0;
  }

  schedule(room: Flushable): void {
    this.#due.push(room);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const waitMs = this.#flushedAt + this.#pace.intervalMs() - this.#clock.now();
    if (waitMs > 0) this.#clock.after(waitMs, this.#run);
    else this.#clock.soon(this.#run);
  }

  /** What the log has not taken yet is given up. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
  }

  append(append: LogAppend, waiter: LogWaiter): void {
    this.#waiting.push({ append, waiter });
    if (!this.#appending && !this.#flushing) void this.#drain();
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    this.#flushedAt = this.#clock.now();
    const due = this.#due;
    this.#due = [];
    this.#flushing = true;
    try {
      for (const room of due) room.flush();
    } finally {
      this.#flushing = false;
    }
    if (this.#waiting.length > 0 && !this.#appending) void this.#drain();
    this.#afterFlush();
  };

  /** Appends are idempotent (an id that is there already counts as written), so a failed call is made again whole. */
  async #drain(): Promise<void> {
    this.#appending = true;
    while (this.#waiting.length > 0 && !this.#stopped) {
      const group = this.#waiting.slice(0, GROUP_MAX);
      let results: readonly WriteResult[];
      try {
        results = await this.#store.append(group.map((waiting) => waiting.append));
      } catch (cause) {
        if (this.#failures++ === 0) this.#log.warn({ err: cause }, 'the log can not be written; its rooms hold');
        await this.#pause();
        continue;
      }
      if (this.#failures > 0) this.#log.info({}, 'the log is written again');
      this.#failures = 0;
      this.#counters.logAppends += group.length;
      this.#waiting.splice(0, group.length);
      for (const [i, { waiter }] of group.entries()) waiter.appended(results[i] ?? 'fenced');
      this.#afterFlush();
    }
    this.#appending = false;
  }

  #pause(): Promise<void> {
    const ms = fullJitterMs(this.#failures, RETRY_BASE_MS, RETRY_MAX_MS, this.#rng);
    return new Promise((resolve) => {
      if (!this.#stopped) this.#retry = this.#clock.after(ms, resolve);
    });
  }
}
