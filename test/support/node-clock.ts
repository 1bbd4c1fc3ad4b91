import type { Clock, Timer } from '../../src/base/clock.ts';

/** One node's share of a clock, which ends with the node: after `kill` nothing that it had put off runs. */
export class NodeClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #isDead = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Timers of this node that wait. */
  get timers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#clock.now();
  }

  wall(): number {
    return this.#clock.wall();
  }

  after(ms: number, task: () => void): Timer {
    const timer = this.#keep(
      this.#clock.after(ms, () => {
        this.#timers.delete(timer);
        task();
      }),
    );
    return timer;
  }

  every(ms: number, task: () => void): Timer {
    return this.#keep(this.#clock.every(ms, task));
  }

  soon(task: () => void): void {
    this.#clock.soon(() => {
      if (!this.#isDead) task();
    });
  }

  kill(): void {
    this.#isDead = true;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #keep(inner: Timer): Timer {
    const timer: Timer = {
      cancel: () => {
        inner.cancel();
        this.#timers.delete(timer);
      },
    };
    if (this.#isDead) inner.cancel();
    else this.#timers.add(timer);
    return timer;
  }
}
