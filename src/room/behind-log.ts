import type { Clock } from '../base/clock.ts';
import type { Owner } from './owner.ts';

/** A room that is given up waits for its log that long at a time (guess: a failover of Redis and some). */
const LOG_PATIENCE_MS = 2_000;

/** `take`, once the room has told what it holds. Rejects when the log does not take that; `undo` then gets what was taken. */
export function behindLog<T>(owner: Owner, clock: Clock, take: () => T, undo: (taken: T) => void): Promise<T> | T {
  if (!owner.feed.isWaiting) return take();
  return new Promise((resolve, reject) => {
    let giveBack: (() => void) | null = null;
    let isOver = false;
    const timer = clock.after(LOG_PATIENCE_MS, () => {
      isOver = true;
      giveBack?.();
      reject(new Error(`the log did not take the room's frames within ${LOG_PATIENCE_MS} ms`));
    });
    owner.answer(() => {
      if (isOver) return null;
      const taken = take();
      giveBack = () => undo(taken);
      return () => {
        timer.cancel();
        if (!isOver) resolve(taken);
      };
    });
  });
}
