import { copyBytes, type MemoryStore, type StoredRoom } from './memory-store.ts';
import type { Claim, Directory, NodeKey, RoomRecord } from './ports.ts';

/** The in-memory twin of Redis' room-claim and room-release scripts. */
export class MemoryDirectory implements Directory {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async claim(room: string, self: NodeKey, dead: NodeKey | null, ttlMs: number): Promise<Claim> {
    const { rooms } = this.#store;
    const stored = rooms.get(room) ?? emptyRoom();
    const { owner } = stored;
    if (owner !== null && owner !== self && owner !== dead) return { kind: 'other', epoch: stored.epoch, owner };
    stored.owner = self;
    stored.epoch = Math.max(stored.epoch + 1, this.#wallMs());
    rooms.set(room, stored, ttlMs);
    return { kind: 'owned', epoch: stored.epoch, record: toRecord(stored) };
  }

  async release(room: string, self: NodeKey, epoch: number, ttlMs: number): Promise<boolean> {
    const { rooms } = this.#store;
    const stored = this.#store.ownedRoom(room, self, epoch);
    if (stored === null) return false;
    if (ttlMs > 0) {
      stored.owner = null;
      rooms.set(room, stored, ttlMs);
      return true;
    }
    // A room deleted within the millisecond of its claim would come back under the same epoch: keep the number alone
    // until the time is beyond it.
    const aheadMs = epoch - this.#wallMs();
    if (aheadMs >= 0) rooms.set(room, { ...emptyRoom(), epoch }, aheadMs + 2);
    else rooms.delete(room);
    return true;
  }

  #wallMs(): number {
    return Math.floor(this.#store.clock.wall());
  }
}

function emptyRoom(): StoredRoom {
  const logTop = { epoch: 0, seq: 0 };
  return { owner: null, epoch: 0, seq: null, meta: null, state: new Map(), members: new Map(), log: [], logTop };
}

/** Null for a room that has an owner but was never written. */
function toRecord(stored: StoredRoom): RoomRecord | null {
  if (stored.seq === null && stored.log.length === 0) return null;
  const seq = stored.seq ?? 0;
  return {
    seq,
    meta: stored.meta === null ? null : copyBytes(stored.meta),
    state: copyMap(stored.state),
    members: copyMap(stored.members),
    log: stored.log
      .filter((entry) => entry.seq > seq)
      .map((entry) => ({ ...entry, frame: copyBytes(entry.frame), note: entry.note && copyBytes(entry.note) })),
  };
}

function copyMap<K>(from: ReadonlyMap<K, Uint8Array>): Map<K, Uint8Array> {
  const copy = new Map<K, Uint8Array>();
  for (const [key, bytes] of from) copy.set(key, copyBytes(bytes));
  return copy;
}
