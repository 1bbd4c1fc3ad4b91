import type { Clock } from '../base/clock.ts';
import type { Owner } from './owner.ts';
import type { PendingCommit } from './snapshot.ts';

/** A room that is given up waits for its log that long at a time (guess: a failover of Redis and some). */
const LOG_PATIENCE_MS = 2_000;

/** A commit of a room, taken behind the frames that it holds. Rejects when the log does not take them. */
export function takeBehindLog(
  owner: Owner,
  take: () => PendingCommit,
  clock: Clock,
): Promise<PendingCommit> | PendingCommit {
  if (!owner.feed.isWaiting) return take();
  return new Promise((resolve, reject) => {
    let pending: PendingCommit | null = null;
    let isOver = false;
    const timer = clock.after(LOG_PATIENCE_MS, () => {
      isOver = true;
      pending?.restore();
      reject(new Error(`the log did not take the room's frames within ${LOG_PATIENCE_MS} ms`));
    });
    owner.answer(() => {
      if (isOver) return null;
      const taken = take();
      pending = taken;
      return () => {
        timer.cancel();
        if (!isOver) resolve(taken);
      };
    });
  });
}
