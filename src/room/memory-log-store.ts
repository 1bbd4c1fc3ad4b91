import { copyBytes, type MemoryStore } from '../cluster/memory-store.ts';
import type { LogAppend, LogStore, WriteResult } from './ports.ts';

/** The in-memory twin of Redis' log-append script. */
export class MemoryLogStore implements LogStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]> {
    const rooms = new Set<string>();
    return batch.map((append) => {
      const result = this.#appendOne(append, rooms.has(append.room));
      rooms.add(append.room);
      return result;
    });
  }

  #appendOne({ room, owner, epoch, first, seq, frame, note }: LogAppend, isBehindAnother: boolean): WriteResult {
    if (this.#store.refused.has(room)) return 'failed';
    const stored = this.#store.ownedRoom(room, owner, epoch);
    if (stored === null) return 'fenced';
    if (stored.seq !== null && seq <= stored.seq) return 'written';
    const top = stored.logTop;
    // A commit of this epoch stands for all that came before it.
    const countsTop = stored.log.length > 0 && (top.epoch === epoch || stored.at !== epoch);
    const held = Math.max(stored.seq ?? 0, countsTop ? top.seq : 0);
    if (first > held + 1) return isBehindAnother ? 'failed' : 'fenced';
    if (first <= held) {
      const twin = stored.log.find((entry) => entry.epoch === epoch && entry.seq === seq);
      return twin !== undefined && sameBytes(twin.frame, frame) ? 'written' : 'fenced';
    }
    stored.log.push({ epoch, seq, frame: copyBytes(frame), note: note && copyBytes(note) });
    stored.logTop = { epoch, seq };
    return 'written';
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
