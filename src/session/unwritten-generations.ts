/**
 * Generations that this node gave out while the session store did not answer: of two connections of a session the later
 * one still wins, and the store hears of them when it answers again.
 */
import type { SessionStore } from './ports.ts';

/** Sessions remembered, some 20 MB; of more, the oldest are forgotten, and go by their tokens alone. */
export const UNWRITTEN_MAX = 100_000;
/** Sessions written back in one round trip. */
const BATCH_MAX = 256;

export class UnwrittenGenerations {
  readonly #store: SessionStore;
  readonly #ttlMs: number;
  /** The last generation by sid, oldest first. */
  readonly #last = new Map<string, number>();
  #isWriting = false;

  constructor(store: SessionStore, ttlMs: number) {
    this.#store = store;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#last.size;
  }

  /** The highest generation known of a session whose token says `tokenGeneration`. */
  highest(sid: string, tokenGeneration: number): number {
    return Math.max(this.#last.get(sid) ?? 0, tokenGeneration);
  }

  /** The generation of a connection of which the store could not be asked. */
  next(sid: string, tokenGeneration: number): number {
    const generation = this.highest(sid, tokenGeneration) + 1;
    this.#last.delete(sid);
    this.#last.set(sid, generation);
    const [oldest = sid] = this.#last.keys();
    if (this.#last.size > UNWRITTEN_MAX) this.#last.delete(oldest);
    return generation;
  }

  /** The store has given out that generation. */
  written(sid: string, generation: number): void {
    const last = this.#last.get(sid);
    if (last !== undefined && last <= generation) this.#last.delete(sid);
  }

  /** The store answers: tells it of all that it missed, as long as it does. Never rejects. */
  async writeBack(): Promise<void> {
    if (this.#isWriting) return;
    this.#isWriting = true;
    try {
      while (this.#last.size > 0) {
        const batch: (readonly [sid: string, generation: number])[] = [];
        for (const entry of this.#last) if (batch.push(entry) === BATCH_MAX) break;
        const written = await Promise.all(
          // It answers one more than it was told. Where others were faster, a number is skipped, which does no harm.
          batch.map(([sid, generation]) => this.#store.open(sid, generation - 1, this.#ttlMs)),
        );
        for (const [i, [sid]] of batch.entries()) this.written(sid, written[i] ?? 0);
      }
    } catch {
      // The next answer of the store begins again with what is left.
    } finally {
      this.#isWriting = false;
    }
  }
}
