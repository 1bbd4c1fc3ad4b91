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

/** Steps of `run` per turn of the real event loop. */
const STEPS_PER_TURN = 1024;

/**
 * What Node does behind each callback: every promise that can go on does so. Between tasks only, never inside of a promise's
 * own continuation. Node has no public name for it; a turn of the real event loop for each task costs a tenth of a run more.
 */
const settlePromises = tickCallback();

function tickCallback(): () => void {
  if ('_tickCallback' in process && typeof process._tickCallback === 'function')
    return process._tickCallback.bind(process);
  throw new Error('this Node has no process._tickCallback');
}

class Entry implements Timer {
  readonly at: number;
  readonly order: number;
  task: (() => void) | null;
  readonly #onCancel: () => void;

  constructor(at: number, order: number, task: () => void, onCancel: () => void) {
    this.at = at;
    this.order = order;
    this.task = task;
    this.#onCancel = onCancel;
  }

  cancel(): void {
    if (this.task === null) return;
    this.task = null;
    this.#onCancel();
  }

  isBefore(other: Entry): boolean {
    return this.at < other.at || (this.at === other.at && this.order < other.order);
  }
}

export class VirtualClock implements Clock {
  #now: number;
  #wallOffset = 0;
  #order = 0;
  #alive = 0;
  readonly #heap: Entry[] = [];
  #soon: (() => void)[] = [];
  #soonHead = 0;
  readonly #ended = (): void => void this.#alive--;

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
  run(ms: number): Promise<void> {
    const until = this.#now + ms;
    return new Promise((resolve, reject) => {
      let [tasks, instant] = [0, this.#now];
      const turn = (): void => {
        try {
          for (let steps = 0; steps < STEPS_PER_TURN; steps++) {
            if (!this.#step(until)) {
              this.#now = until;
              return resolve();
            }
            settlePromises();
            tasks = instant === this.#now ? tasks + 1 : 0;
            instant = this.#now;
            this.#guard(tasks);
          }
        } catch (error) {
          return reject(error);
        }
        // Now and then a turn of the real event loop, for signals and timers of the test's runner.
        setImmediate(turn);
      };
      setImmediate(turn);
    });
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
    const entry = new Entry(this.#now + Math.max(0, ms), this.#order++, task, this.#ended);
    this.#alive++;
    const heap = this.#heap;
    let i = heap.push(entry) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!entry.isBefore(above)) break;
      heap[i] = above;
      i = parent;
    }
    heap[i] = entry;
    return entry;
  }

  // A cancelled entry stays where it is until it comes to the top: cancelling must be cheap, it is the common end.
  #dropCancelled(): void {
    while (this.#heap[0]?.task === null) this.#pop();
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    const count = heap.length;
    if (last === undefined || count === 0) return;
    let i = 0;
    for (let child = 1; child < count; child = 2 * i + 1) {
      const right = child + 1;
      if (right < count && (heap[right] as Entry).isBefore(heap[child] as Entry)) child = right;
      const below = heap[child] as Entry;
      if (!below.isBefore(last)) break;
      heap[i] = below;
      i = child;
    }
    heap[i] = last;
  }
}
