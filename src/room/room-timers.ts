import type { Clock, Timer } from '../base/clock.ts';

/** What runs by time in an owned room: ticks while it has members, the wait until it is given up when it has none. */
export class RoomTimers {
  readonly #clock: Clock;
  #running: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `onTick` gets the ms since the tick before. 0 ticks per second: none. */
  tick(ticksPerSec: number, onTick: (elapsedMs: number) => void): void {
    this.stop();
    if (ticksPerSec === 0) return;
    let before = this.#clock.now();
    this.#running = this.#clock.every(1000 / ticksPerSec, () => {
      const now = this.#clock.now();
      onTick(now - before);
      before = now;
    });
  }

  idle(afterMs: number, onIdle: () => void): void {
    this.stop();
    this.#running = this.#clock.after(afterMs, onIdle);
  }

  stop(): void {
    this.#running?.cancel();
    this.#running = null;
  }
}
