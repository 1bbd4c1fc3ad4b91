import { copyBytes, type MemoryStore } from '../cluster/memory-store.ts';
import type { LogAppend, LogStore, WriteResult } from './ports.ts';

/** The in-memory twin of Redis' log-append script. */
export class MemoryLogStore implements LogStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]> {
    return batch.map((append) => this.#appendOne(append));
  }

  #appendOne({ room, owner, epoch, seq, frame, note }: LogAppend): WriteResult {
    const stored = this.#store.ownedRoom(room, owner, epoch);
    if (stored === null) return 'fenced';
    if (stored.seq !== null && seq <= stored.seq) return 'written';
    const top = stored.logTop;
    if (epoch < top.epoch || (epoch === top.epoch && seq <= top.seq)) {
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
