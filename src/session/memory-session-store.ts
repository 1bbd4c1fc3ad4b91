import type { MemoryStore } from '../cluster/memory-store.ts';
import type { SessionStore } from './ports.ts';

/** The in-memory twin of Redis' session-open script. */
export class MemorySessionStore implements SessionStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async open(sid: string, tokenGeneration: number, ttlMs: number): Promise<number> {
    const { generations } = this.#store;
    const generation = Math.max(generations.get(sid) ?? 0, tokenGeneration) + 1;
    generations.set(sid, generation, ttlMs);
    return generation;
  }
}
