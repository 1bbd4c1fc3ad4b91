import { copyBytes, type MemoryStore } from '../cluster/memory-store.ts';
import type { Commit, CommitResult, SnapshotStore } from './ports.ts';

/** The in-memory twin of Redis' room-commit script. */
export class MemorySnapshotStore implements SnapshotStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async commit(batch: readonly Commit[]): Promise<readonly CommitResult[]> {
    return batch.map((commit) => this.#commitOne(commit));
  }

  #commitOne(commit: Commit): CommitResult {
    if (this.#store.refused.has(commit.room)) return 'failed';
    const stored = this.#store.ownedRoom(commit.room, commit.owner, commit.epoch);
    if (stored === null) return 'fenced';
    // What a connection sent before it was given up may be served after its successor's: the later state stays.
    const revision = stored.at === commit.epoch ? stored.revision : 0;
    if (revision > commit.revision) return 'written';
    if (!commit.whole && revision < commit.base) return 'behind';
    if (commit.whole) {
      stored.bringing = 0;
      stored.meta = null;
      stored.state.clear();
      stored.members.clear();
    }
    stored.seq = commit.seq;
    stored.at = commit.epoch;
    stored.revision = commit.revision;
    if (commit.meta !== null) stored.meta = copyBytes(commit.meta);
    for (const [key, value] of commit.set) stored.state.set(key, copyBytes(value));
    for (const key of commit.del) stored.state.delete(key);
    for (const [member, value] of commit.members) {
      if (value === null) stored.members.delete(member);
      else stored.members.set(member, copyBytes(value));
    }
    stored.log = stored.log.filter((entry) => entry.epoch === commit.epoch && entry.seq > commit.seq);
    this.#store.rooms.set(commit.room, stored, commit.ttlMs);
    return 'written';
  }
}
