import { expect, test } from 'vitest';
import { RoomTimers } from '../../../src/room/room-timers.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const PERIOD_MS = 50;

function ticking(clock: VirtualClock, room: string, onTick: (elapsedMs: number) => void = () => {}) {
  const at: number[] = [];
  const timers = new RoomTimers(room, clock);
  timers.tick(1000 / PERIOD_MS, (elapsedMs) => {
    at.push(clock.now());
    onTick(elapsedMs);
  });
  return { at, timers };
}

test('ticks are a period apart, the first within one, and know what passed since', () => {
  const clock = new VirtualClock(1_000_007);
  const elapsed: number[] = [];
  const { at, timers } = ticking(clock, 'game:1', (ms) => elapsed.push(ms));
  clock.advance(10 * PERIOD_MS);
  timers.stop();
  clock.advance(10 * PERIOD_MS);
  expect(at).toHaveLength(10);
  expect(at[0]).toBeLessThanOrEqual(1_000_007 + PERIOD_MS);
  expect(elapsed).toEqual(at.map((time, i) => time - (at[i - 1] ?? 1_000_007)));
  for (const ms of elapsed.slice(1)) expect(ms).toBeCloseTo(PERIOD_MS);
});

test('a room ticks on the same grid whenever it begins, and rooms are spread over the period', () => {
  const clock = new VirtualClock();
  const phases = Array.from({ length: 100 }, (_, i) => {
    const [one, other] = [ticking(clock, `game:${i}`), ticking(clock, `game:${i}`)];
    clock.advance(PERIOD_MS);
    one.timers.stop();
    other.timers.stop();
    expect(one.at).toEqual(other.at);
    return Math.round((one.at[0] as number) % PERIOD_MS);
  });
  expect(new Set(phases).size).toBe(12);
});

/** Its timers are off by these ms, one after the other: late as in a busy event loop, or early by a fraction. */
class LooseClock extends VirtualClock {
  readonly #offMs: number[];

  constructor(offMs: readonly number[]) {
    super();
    this.#offMs = [...offMs];
  }

  override after(ms: number, task: () => void) {
    return super.after(ms + (this.#offMs.shift() ?? 0), task);
  }
}

test('a tick that is early or late moves none behind it, and what is over meanwhile is left out', () => {
  const clock = new LooseClock([0, -0.5, 30, 0, 120]);
  const { at, timers } = ticking(clock, 'game:1');
  clock.advance(8 * PERIOD_MS);
  timers.stop();
  const [first = 0] = at;
  expect(at.slice(0, 6).map((time) => Math.round((time - first) * 10) / 10)).toEqual([0, 49.5, 130, 150, 320, 350]);
});
