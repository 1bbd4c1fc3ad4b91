/**
 * Recent frames of one room, so that a member who was away gets what it missed (P7).
 *
 * Holds at most `bytesMax` bytes; the oldest frames go first. Not a log: it dies with the process.
 */
import type { Position } from './ports.ts';

export interface HistoryFrame {
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly frame: Uint8Array;
}

const DROPPED: HistoryFrame = { epoch: 0, first: 0, last: 0, frame: new Uint8Array(0) };

export class History {
  readonly #bytesMax: number;
  /** Where the oldest kept frame starts after. */
  #base: Position;
  #entries: HistoryFrame[] = [];
  /** Entries before this index are dropped already; the array is compacted now and then. */
  #start = 0;
  #bytes = 0;

  constructor(base: Position, bytesMax: number) {
    this.#base = base;
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(epoch: number, first: number, last: number, frame: Uint8Array): void {
    this.#entries.push({ epoch, first, last, frame });
    this.#bytes += frame.length;
    while (this.#bytes > this.#bytesMax) this.#dropOldest();
  }

  /** Frames that cover seq > `after`, oldest first, or null where some of them are gone (the caller sends P6). */
  since(after: Position): readonly HistoryFrame[] | null {
    const entries = this.#entries;
    let next = entries.length;
    while (next > this.#start && (entries[next - 1] as HistoryFrame).last > after.seq) next--;
    if (!this.#holds(after, next)) return null;
    return entries.slice(next);
  }

  /** Whether the event at `after` is one of this history: the same seq under another epoch is another event. */
  #holds(after: Position, next: number): boolean {
    const following = this.#entries[next];
    if (following && following.first <= after.seq) return following.epoch === after.epoch;
    const before = next > this.#start ? this.#entries[next - 1] : undefined;
    const end = before ? { epoch: before.epoch, seq: before.last } : this.#base;
    return end.seq === after.seq && end.epoch === after.epoch;
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#start] as HistoryFrame;
    this.#bytes -= oldest.frame.length;
    this.#base = { epoch: oldest.epoch, seq: oldest.last };
    this.#entries[this.#start++] = DROPPED;
    if (this.#start > 64 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
