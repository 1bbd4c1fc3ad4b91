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

/** A room whose frames wait for the log. */
export interface LogWaiter {
  readonly room: string;
  /** Nobody waits any more: what the log has not taken is not tried again. */
  readonly isClosed: boolean;
  /** For its oldest frame, in order. `failed`: it stays the oldest, and is tried again. */
  appended(result: WriteResult): void;
}

interface Waiting {
  readonly append: LogAppend;
  readonly waiter: LogWaiter;
}

/** A room that the log refuses while it takes others: its frames wait here for their next try, in order. */
interface Refused {
  tries: number;
  readonly frames: Waiting[];
  /** null while its frames are being tried. */
  timer: Timer | null;
}

const RETRY_BASE_MS = 50;
const RETRY_MAX_MS = 2000;
/** Frames in one call to the log: 512 frames of a turn are well under a megabyte (guess). */
const GROUP_MAX = 512;
/** Bytes of frames that wait for the log, of all rooms; beyond it they take no commands. Guess: seconds of a busy node. */
const HELD_BYTES_MAX = 64 * 1024 * 1024;
/** Rooms refused at one time that the log names one by one; a store without memory refuses all of them. */
const REFUSED_NAMED_MAX = 10;

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
  #atOnce: Flushable[] = [];
  #scheduled = false;
  /** While the rooms of a turn are flushed, their frames gather for one call. */
  #flushing = false;
  #waiting: Waiting[] = [];
  readonly #refused = new Map<LogWaiter, Refused>();
  #heldBytes = 0;
  #appending = false;
  #failures = 0;
  #retry: Timer | null = null;
  #retryNow: (() => void) | null = null;
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

  /** Whether the log can't be written now, or not fast enough: commands of `log` rooms are refused until it can. */
  get logStalled(): boolean {
    return this.#failures > 0 || this.#heldBytes > HELD_BYTES_MAX;
  }

  /** Frames that the log does not have yet. */
  get waiting(): number {
    let count = this.#waiting.length;
    for (const { frames } of this.#refused.values()) count += frames.length;
    return count;
  }

  schedule(room: Flushable): void {
    this.#due.push(room);
    if (this.#scheduled) return;
    this.#scheduled = true;
    const waitMs = this.#flushedAt + this.#pace.intervalMs() - this.#clock.now();
    if (waitMs > 0) this.#clock.after(waitMs, this.#run);
    else this.#clock.soon(this.#run);
  }

  /** At the end of this turn, however busy the node is: for what a tick says, which gains nothing by waiting. */
  scheduleAtOnce(room: Flushable): void {
    if (this.#atOnce.push(room) === 1) this.#clock.soon(this.#runAtOnce);
  }

  /** What the log has not taken yet is given up. */
  stop(): void {
    this.#stopped = true;
    this.#retry?.cancel();
    for (const { timer } of this.#refused.values()) timer?.cancel();
  }

  /** The store is back after a break: members wait for what waits for it. */
  storeReturned(): void {
    if (this.#stopped) return;
    this.#retry?.cancel();
    this.#retryNow?.();
  }

  append(append: LogAppend, waiter: LogWaiter): void {
    this.#heldBytes += append.frame.length;
    const refused = this.#refused.get(waiter);
    // Behind those that wait already: never before them.
    if (refused?.timer) refused.frames.push({ append, waiter });
    else this.#enqueue([{ append, waiter }]);
  }

  #enqueue(frames: readonly Waiting[]): void {
    this.#waiting.push(...frames);
    if (!this.#appending && !this.#flushing) void this.#drain();
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    this.#flushedAt = this.#clock.now();
    const due = this.#due;
    this.#due = [];
    this.#flush(due);
  };

  readonly #runAtOnce = (): void => {
    const rooms = this.#atOnce;
    this.#atOnce = [];
    this.#flush(rooms);
  };

  #flush(rooms: readonly Flushable[]): void {
    this.#flushing = true;
    try {
      for (const room of rooms) room.flush();
    } finally {
      this.#flushing = false;
    }
    if (this.#waiting.length > 0 && !this.#appending) void this.#drain();
    this.#afterFlush();
  }

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
      this.#waiting.splice(0, group.length);
      this.#answer(group, results);
      this.#afterFlush();
    }
    this.#appending = false;
  }

  #answer(group: readonly Waiting[], results: readonly WriteResult[]): void {
    const held = new Set<LogWaiter>();
    for (const [i, frame] of group.entries()) {
      const result = results[i] ?? 'failed';
      const { waiter } = frame;
      // Behind one that failed, even a frame that was written waits for its turn; written twice, it counts once.
      if (held.has(waiter)) this.#refused.get(waiter)?.frames.push(frame);
      else if (result !== 'failed') this.#accept(frame, result);
      else if (waiter.isClosed) this.#letGo(frame);
      else held.add(this.#refuse(frame));
    }
    for (const waiter of held) this.#retryLater(waiter);
  }

  #accept(frame: Waiting, result: WriteResult): void {
    const { waiter } = frame;
    this.#letGo(frame);
    if (result === 'written') this.#counters.logAppends++;
    if (this.#refused.delete(waiter)) this.#log.info({ room: waiter.room }, 'the log takes the frames of a room again');
    waiter.appended(result);
  }

  #letGo({ append }: Waiting): void {
    this.#heldBytes -= append.frame.length;
  }

  #refuse(frame: Waiting): LogWaiter {
    const { waiter } = frame;
    const refused = this.#refused.get(waiter) ?? { tries: 0, frames: [], timer: null };
    if (refused.tries++ === 0 && this.#refused.size < REFUSED_NAMED_MAX) {
      this.#log.warn({ room: waiter.room }, 'the log refuses the frames of a room; it holds, other rooms go on');
    }
    this.#counters.logAppendsFailed++;
    this.#refused.set(waiter, refused);
    refused.frames.push(frame);
    waiter.appended('failed');
    return waiter;
  }

  #retryLater(waiter: LogWaiter): void {
    const refused = this.#refused.get(waiter);
    if (!refused) return;
    // What came meanwhile goes behind what is tried again.
    refused.frames.push(...this.#waiting.filter((frame) => frame.waiter === waiter));
    this.#waiting = this.#waiting.filter((frame) => frame.waiter !== waiter);
    const ms = fullJitterMs(refused.tries, RETRY_BASE_MS, RETRY_MAX_MS, this.#rng);
    refused.timer = this.#clock.after(ms, () => {
      refused.timer = null;
      const frames = refused.frames.splice(0);
      if (!waiter.isClosed) return this.#enqueue(frames);
      this.#refused.delete(waiter);
      for (const frame of frames) this.#letGo(frame);
    });
  }

  #pause(): Promise<void> {
    const ms = fullJitterMs(this.#failures, RETRY_BASE_MS, RETRY_MAX_MS, this.#rng);
    return new Promise((resolve) => {
      if (this.#stopped) return;
      this.#retry = this.#clock.after(ms, resolve);
      this.#retryNow = resolve;
    });
  }
}
