/**
 * The job of the `tick` scenario, the same for every server under test:
 *
 * - Rooms of 10 members who only read. A room ticks 20 or 60 times per second by the server's own timer, from its first
 *   member on.
 * - A room has ENTITIES entities in its shared state under keys of their own, each with three whole numbers: `x` and `y`
 *   below WIDTH, `heading` in degrees.
 * - A tick reads each entity from the state, moves it by `moved` (all three numbers change), and writes it back; then it
 *   writes the stamp of `dueStamp` into the state.
 * - Every member gets each tick's changes and its stamp. The swarm takes the update's latency from the stamp: so it holds
 *   how late the tick began, the handler, encoding, and the way to the member.
 * - Nothing is stored, and nothing is said of who is in the room.
 *
 * A server holds its rooms while p99 of that latency is at most a tick + 5 ms and it makes 95 % of the ticks.
 */
export const ENTITIES = 20;
const WIDTH = 10_000;
/** The state's key of the stamp; entity number n is under `e:<n>`. */
export const STAMP_KEY = 't';

export interface Entity {
  readonly x: number;
  readonly y: number;
  readonly heading: number;
}

export function placed(entity: number): Entity {
  return { x: (entity * 487) % WIDTH, y: (entity * 911) % WIDTH, heading: (entity * 18) % 360 };
}

export function moved({ x, y, heading }: Entity): Entity {
  return { x: (x + 1 + (heading % 7)) % WIDTH, y: (y + 1 + (heading % 11)) % WIDTH, heading: (heading + 3) % 360 };
}

/** process.hrtime() in µs at the zero of performance.now(), which is cheaper to read. */
const ZERO_HR_US = Number(process.hrtime.bigint() / 1000n) - performance.now() * 1000;

/** process.hrtime() in µs: the same clock for all processes of a machine. */
export function hrUs(): number {
  return ZERO_HR_US + performance.now() * 1000;
}

/**
 * When the tick that runs at `nowUs` was due, as the lower 32 bits: one period after the tick before ran, or now where
 * the timer is early. So being late once does not count for all ticks that follow; making too few of them does.
 */
export function dueStamp(nowUs: number, elapsedMs: number, ticksPerSec: number): number {
  const lateMs = Math.max(0, elapsedMs - 1000 / ticksPerSec);
  return Math.trunc(nowUs - lateMs * 1000) >>> 0;
}
