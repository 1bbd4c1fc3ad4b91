import type { Counters } from '../base/counters.ts';
import type { CommitResult, SnapshotStore } from './ports.ts';
import type { PendingCommit } from './snapshot.ts';

/** A commit that somebody waits for. Rejects, with everything marked again, when the store does not take it now. */
export async function commitOne(
  store: SnapshotStore,
  pending: PendingCommit,
  counters: Counters,
): Promise<Exclude<CommitResult, 'failed'>> {
  try {
    const [result = 'fenced'] = await store.commit([pending.commit]);
    if (result === 'failed') throw new Error('the store refused the room');
    counters.commits++;
    return result;
  } catch (cause) {
    counters.commitsFailed++;
    pending.restore();
    throw cause;
  }
}
