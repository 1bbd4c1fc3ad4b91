import type { Clock, Timer } from './clock.ts';

/** The machine's clock and the event loop. Its timers keep the process alive until cancelled. */
export const realClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
  after: (ms, task) => timer(setTimeout(task, ms), clearTimeout),
  every: (ms, task) => timer(setInterval(task, ms), clearInterval),
  // setImmediate is missing in browsers, where a zero timeout is the nearest thing.
  soon: typeof setImmediate === 'function' ? (task) => void setImmediate(task) : (task) => void setTimeout(task, 0),
};

function timer<T>(handle: T, clear: (handle: T) => void): Timer {
  return { cancel: () => clear(handle) };
}
