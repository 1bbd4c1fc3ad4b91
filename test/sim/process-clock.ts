/**
 * The clock of one process in the world: dies with it, and counts what it has pending. Its `now` has a beginning of its
 * own, since processes that compare theirs would be wrong in the field. `soon` ends a turn of this process's event
 * loop, which lasts a moment, so that what arrives together is handled together.
 */
import type { Clock, Timer } from '../../src/base/clock.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';

export class ProcessClock implements Clock {
  readonly #world: VirtualClock;
  readonly #offsetMs: number;
  readonly #dice: Dice;
  readonly #turnMaxMs: number;
  readonly #pending = new Set<Timer>();
  #turn: (() => void)[] = [];
  #alive = true;

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

  /** Timers that wait, periodic ones included. */
  get timers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#world.now() + this.#offsetMs;
  }

  wall(): number {
    return this.#world.wall();
  }

  after(ms: number, task: () => void): Timer {
    const timer = this.#world.after(ms, () => {
      this.#pending.delete(timer);
      task();
    });
    return this.#keep(timer);
  }

  every(ms: number, task: () => void): Timer {
    return this.#keep(this.#world.every(ms, task));
  }

  soon(task: () => void): void {
    if (!this.#alive) return;
    if (this.#turn.push(task) > 1) return;
    const turnMs = this.#dice.next() * this.#turnMaxMs;
    if (turnMs === 0) this.#world.soon(() => this.#endTurn());
    else this.#world.after(turnMs, () => this.#endTurn());
  }

  /** The process is gone without a word: nothing of it runs any more. */
  kill(): void {
    this.#alive = false;
    this.#turn = [];
    for (const timer of this.#pending) timer.cancel();
    this.#pending.clear();
  }

  #endTurn(): void {
    const tasks = this.#turn;
    this.#turn = [];
    // One by one, so that promises go on between them.
    for (const task of tasks) this.#world.soon(() => void (this.#alive && task()));
  }

  #keep(timer: Timer): Timer {
    if (!this.#alive) {
      timer.cancel();
      return timer;
    }
    this.#pending.add(timer);
    return {
      cancel: () => {
        this.#pending.delete(timer);
        timer.cancel();
      },
    };
  }
}
