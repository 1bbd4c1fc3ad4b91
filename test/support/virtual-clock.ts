/**
 * Time under the test's control. Nothing runs until it is asked to: `advance` moves through the timers in the order
 * of their times (of their making, where times are equal), and what was put off with `soon` always runs before time
 * moves on. Two runs with the same input take the same steps.
 *
 * `advance` and `settle` are plain calls for code without promises. `run` and `idle` also let promises go on after
 * every task, as an event loop does; the simulator needs those.
 */
import type { Clock, Timer } from '../../src/base/clock.ts';

/** A clock that never comes to rest is a bug in what is under test; better an error than a hang. */
const TASKS_PER_INSTANT_MAX = 1_000_000;

interface Entry extends Timer {
  at: number;
  readonly order: number;
  task: (() => void) | null;
}

export class VirtualClock implements Clock {
  #now: number;
  #wallOffset = 0;
  #order = 0;
  #alive = 0;
  readonly #heap: Entry[] = [];
  #soon: (() => void)[] = [];
  #soonHead = 0;

  constructor(startMs = 1_000_000) {
    this.#now = startMs;
    this.#wallOffset = 1_763_673_600_000 - startMs;
  }

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now + this.#wallOffset;
  }

  after(ms: number, task: () => void): Timer {
    return this.#push(ms, task);
  }

  every(ms: number, task: () => void): Timer {
    const periodMs = Math.max(1, ms);
    let cancelled = false;
    let current = this.after(periodMs, tick);
    const clock = this;
    function tick(): void {
      // Set before the task runs, so that a task that throws or cancels leaves the timer in a known state.
      current = clock.after(periodMs, tick);
      if (!cancelled) task();
    }
    return {
      cancel() {
        cancelled = true;
        current.cancel();
      },
    };
  }

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  /** Timers that wait; 0 after everything under test has been stopped. */
  get timers(): number {
    return this.#alive;
  }

  /** Time of the next timer, or null. */
  get nextAt(): number | null {
    this.#dropCancelled();
    return this.#heap[0]?.at ?? null;
  }

  /** An operator, or NTP, sets the wall clock; `now` is not touched. */
  stepWall(ms: number): void {
    this.#wallOffset += ms;
  }

  /** Runs what is due now, without moving time. */
  settle(): void {
    for (let n = 0; this.#step(this.#now); n++) this.#guard(n);
  }

  /** Moves time by `ms` and runs everything that falls due on the way. */
  advance(ms: number): void {
    const until = this.#now + ms;
    for (let n = 0, at = this.#now; this.#step(until); n = at === this.#now ? n + 1 : 0, at = this.#now) this.#guard(n);
    this.#now = until;
  }

  /** As `settle`, and promises go on after each task. */
  async idle(): Promise<void> {
    await this.run(0);
  }

  /** As `advance`, and promises go on after each task. */
  async run(ms: number): Promise<void> {
    const until = this.#now + ms;
    await promises();
    for (let n = 0, at = this.#now; this.#step(until); n = at === this.#now ? n + 1 : 0, at = this.#now) {
      this.#guard(n);
      await promises();
    }
    this.#now = until;
  }

  /** Runs one task that is due by `until`; false when there is none. */
  #step(until: number): boolean {
    const soon = this.#soon[this.#soonHead];
    if (soon !== undefined) {
      this.#soonHead++;
      if (this.#soonHead === this.#soon.length) {
        this.#soon = [];
        this.#soonHead = 0;
      }
      soon();
      return true;
    }
    this.#dropCancelled();
    const next = this.#heap[0];
    if (next === undefined || next.at > until) return false;
    this.#pop();
    this.#now = Math.max(this.#now, next.at);
    const task = next.task;
    next.cancel();
    task?.();
    return true;
  }

  #guard(tasks: number): void {
    if (tasks > TASKS_PER_INSTANT_MAX) throw new Error(`more than ${TASKS_PER_INSTANT_MAX} tasks at ${this.#now} ms`);
  }

  #push(ms: number, task: () => void): Timer {
    const clock = this;
    const entry: Entry = {
      at: this.#now + Math.max(0, ms),
      order: this.#order++,
      task,
      cancel() {
        if (entry.task !== null) clock.#alive--;
        entry.task = null;
      },
    };
    this.#alive++;
    let i = this.#heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#swapIfBefore(i, parent)) break;
      i = parent;
    }
    return entry;
  }

  // A cancelled entry stays where it is until it comes to the top: cancelling must be cheap, it is the common end.
  #dropCancelled(): void {
    while (this.#heap[0]?.task === null) this.#pop();
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let i = 0; ; ) {
      const left = 2 * i + 1;
      const right = left + 1;
      let least = left;
      if (right < this.#heap.length && this.#before(right, left)) least = right;
      if (least >= this.#heap.length || !this.#swapIfBefore(least, i)) return;
      i = least;
    }
  }

  #before(i: number, j: number): boolean {
    const a = this.#heap[i];
    const b = this.#heap[j];
    return a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));
  }

  #swapIfBefore(i: number, j: number): boolean {
    const a = this.#heap[i];
    const b = this.#heap[j];
    if (a === undefined || b === undefined || !this.#before(i, j)) return false;
    this.#heap[i] = b;
    this.#heap[j] = a;
    return true;
  }
}

/** Lets every promise that can go on do so: a turn of the real event loop empties the whole microtask queue. */
function promises(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
