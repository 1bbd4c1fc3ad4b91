/**
 * The clock of one process in the world: dies with it, stands still with it, and counts what it has pending. Its `now` has
 * a beginning of its own, since processes that compare theirs would be wrong in the field. `soon` ends a turn of this
 * process's event loop, which lasts a moment, so that what arrives together is handled together.
 *
 * A process that is paused (SIGSTOP) runs nothing. What arrives for it waits in its kernel, its timers fire late and once.
 */
import type { Clock, Timer } from '../../src/base/clock.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';

/** Mostly an event loop that goes on runs its timers first, before it reads its sockets. */
const TIMERS_FIRST = 0.75;

export class ProcessClock implements Clock {
  readonly #world: VirtualClock;
  readonly #offsetMs: number;
  readonly #dice: Dice;
  readonly #turnMaxMs: number;
  readonly #pending = new Set<Timer>();
  #turn: (() => void)[] = [];
  #alive = true;
  #wallStepMs = 0;
  /** What the process would have done while it stands still; null while it runs. */
  #late: { timers: (() => void)[]; inputs: (() => void)[] } | null = null;

  /** `turnMaxMs`: the longest turn; 0 ends each as soon as nothing else is due. */
  constructor(world: VirtualClock, dice: Dice, turnMaxMs: number) {
    this.#world = world;
    this.#dice = dice;
    this.#offsetMs = dice.int(-900_000, 900_000);
    this.#turnMaxMs = turnMaxMs;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  get isPaused(): boolean {
    return this.#late !== null;
  }

  /** Timers that wait, periodic ones included. */
  get timers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#world.now() + this.#offsetMs;
  }

  wall(): number {
    return this.#world.wall() + this.#wallStepMs;
  }

  after(ms: number, task: () => void): Timer {
    return this.#arm(ms, (timer) => {
      this.#pending.delete(timer);
      task();
    });
  }

  every(ms: number, task: () => void): Timer {
    const periodMs = Math.max(1, ms);
    return this.#arm(periodMs, (_timer, again) => {
      again(periodMs);
      task();
    });
  }

  soon(task: () => void): void {
    if (!this.#alive) return;
    if (this.#turn.push(task) > 1) return;
    const turnMs = this.#dice.next() * this.#turnMaxMs;
    const end = (): void => this.#due(() => this.#endTurn());
    if (turnMs === 0) this.#world.soon(end);
    else this.#world.after(turnMs, end);
  }

  /** Something from outside: a packet, a connection, an answer. It waits while the process stands still. */
  arrive(input: () => void): void {
    if (!this.#alive) return;
    if (this.#late) this.#late.inputs.push(input);
    else input();
  }

  pause(): void {
    if (this.#alive) this.#late ??= { timers: [], inputs: [] };
  }

  resume(): void {
    const late = this.#late;
    this.#late = null;
    if (!late) return;
    const { timers, inputs } = late;
    const tasks = this.#dice.chance(TIMERS_FIRST) ? [...timers, ...inputs] : [...inputs, ...timers];
    // One by one, so that promises go on between them.
    for (const task of tasks) this.#world.soon(() => (this.#late ? this.#late.inputs.push(task) : this.#run(task)));
  }

  /** An operator, or NTP, sets the wall clock of its machine. */
  stepWall(ms: number): void {
    this.#wallStepMs += ms;
  }

  /** The process is gone without a word: nothing of it runs any more. */
  kill(): void {
    this.#alive = false;
    this.#turn = [];
    this.#late = null;
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }

  #endTurn(): void {
    const tasks = this.#turn;
    this.#turn = [];
    // One by one, so that promises go on between them.
    for (const task of tasks) this.#world.soon(() => this.#due(task));
  }

  #due(task: () => void): void {
    if (this.#late) this.#late.timers.push(task);
    else this.#run(task);
  }

  #run(task: () => void): void {
    if (this.#alive) task();
  }

  #arm(ms: number, fire: (timer: Timer, again: (ms: number) => void) => void): Timer {
    const arm = (afterMs: number): Timer => this.#world.after(afterMs, () => this.#due(due));
    const again = (afterMs: number): void => {
      armed = arm(afterMs);
    };
    const timer: Timer = {
      cancel: () => {
        this.#pending.delete(timer);
        armed.cancel();
      },
    };
    // It may have been cancelled after its time, while the process stood still.
    const due = (): void => {
      if (this.#pending.has(timer)) fire(timer, again);
    };
    let armed = arm(ms);
    if (this.#alive) this.#pending.add(timer);
    else armed.cancel();
    return timer;
  }
}
