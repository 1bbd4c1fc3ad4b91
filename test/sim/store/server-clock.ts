import type { Clock, Timer } from '../../../src/base/clock.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

/** The clock of one Redis server. Times to live run on its wall clock, as in Redis, and that may be set back or ahead. */
export class ServerClock implements Clock {
  readonly #world: VirtualClock;
  #stepMs: number;

  constructor(world: VirtualClock, stepMs: number) {
    this.#world = world;
    this.#stepMs = stepMs;
  }

  now(): number {
    return this.wall();
  }

  wall(): number {
    return this.#world.wall() + this.#stepMs;
  }

  step(ms: number): void {
    this.#stepMs += ms;
  }

  after(ms: number, task: () => void): Timer {
    return this.#world.after(ms, task);
  }

  every(ms: number, task: () => void): Timer {
    return this.#world.every(ms, task);
  }

  soon(task: () => void): void {
    this.#world.soon(task);
  }
}
