import type { Clock, Timer } from '../base/clock.ts';

/** Ticks of rooms of one rate are at least that far apart or in one turn, which sends its packets and writes together (guess). */
const SLOT_MS = 4;

/** What runs by time in an owned room: ticks while it has members, the wait until it is given up when it has none. */
export class RoomTimers {
  readonly #room: string;
  readonly #clock: Clock;
  #running: Timer | null = null;

  constructor(room: string, clock: Clock) {
    this.#room = room;
    this.#clock = clock;
  }

  /**
   * `onTick` gets the ms since the tick before. 0 ticks per second: none. Ticks are due on a grid, so one that is late makes
   * none behind it late; those that are over meanwhile are left out.
   */
  tick(ticksPerSec: number, onTick: (elapsedMs: number) => void): void {
    this.stop();
    if (ticksPerSec === 0) return;
    const clock = this.#clock;
    const periodMs = 1000 / ticksPerSec;
    let before = clock.now();
    let dueAt = before + periodMs - ((before - phaseMs(this.#room, periodMs)) % periodMs);
    const run = (): void => {
      const now = clock.now();
      // A timer may be early by the fraction of a ms: the next one is never this one again.
      dueAt += periodMs * Math.max(1, Math.ceil((now - dueAt) / periodMs));
      this.#running = clock.after(dueAt - now, run);
      const elapsedMs = now - before;
      before = now;
      onTick(elapsedMs);
    };
    this.#running = clock.after(dueAt - before, run);
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

/** By its name: were all rooms of a rate to tick in one turn, the last of them would wait for all others. */
function phaseMs(room: string, periodMs: number): number {
  const slots = Math.max(1, Math.floor(periodMs / SLOT_MS));
  let hash = 0;
  for (let i = 0; i < room.length; i++) hash = (Math.imul(hash, 31) + room.charCodeAt(i)) >>> 0;
  return ((hash % slots) * periodMs) / slots;
}
