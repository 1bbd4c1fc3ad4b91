/**
 * Recent frames of one room, so that a member who was away gets what it missed (P7).
 *
 * Holds at most `bytesMax` bytes; the oldest frames go first. Not a log: it dies with the process. But an owner that
 * goes in peace leaves it to the next one as its `tail`: that one's history goes on from there, under its own epoch, and
 * still knows the epochs before. Event n of those is event n of its own (decision 7).
 */
import { assert } from '../base/assert.ts';
import { withEpoch } from '../protocol/server-frame.ts';
import type { Position } from './ports.ts';

export interface HistoryFrame {
  readonly first: number;
  readonly last: number;
  readonly frame: Uint8Array;
}

/** One ownership: its events are those after `start`. */
export interface Span {
  readonly epoch: number;
  readonly start: number;
}

/** A history as its owner leaves it. */
export interface Tail {
  /** The owner's epoch, and the last event of it. */
  readonly end: Position;
  /** Oldest first; the last is that of `end`. */
  readonly epochs: readonly Span[];
  /** Without a hole up to `end`, all under the epoch of `end`; none where they are lost. */
  readonly frames: readonly HistoryFrame[];
}

/** Epochs that a history knows: more owners in a row than any deploy makes while a client is away (guess). */
const EPOCHS_MAX = 16;

const DROPPED: HistoryFrame = { first: 0, last: 0, frame: new Uint8Array(0) };

export class History {
  readonly #bytesMax: number;
  readonly #epochs: readonly Span[];
  /** The oldest kept frame starts after it. */
  #base: number;
  #end: Position;
  #entries: HistoryFrame[] = [];
  /** Entries before this index are dropped already; the array is compacted now and then. */
  #start = 0;
  #bytes = 0;

  /** `before` ends at `start`. */
  constructor(start: Position, bytesMax: number, before: Tail | null = null) {
    this.#end = start;
    this.#base = before?.frames[0] ? before.frames[0].first - 1 : start.seq;
    this.#bytesMax = bytesMax;
    this.#epochs = [...(before?.epochs ?? []), { epoch: start.epoch, start: start.seq }].slice(-EPOCHS_MAX);
    if (before === null) return;
    assert(before.end.seq === start.seq, 'a history that goes on where the one before ended');
    // All of it, whatever its size, until the first frame follows: the end of it may be told only now.
    for (const { first, last, frame } of before.frames)
      this.#keep({ first, last, frame: withEpoch(frame, start.epoch) });
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Frames behind `told` wait to be told, and are kept until then. */
  push(first: number, last: number, frame: Uint8Array, told = last): void {
    this.#end = { epoch: this.#end.epoch, seq: last };
    this.#keep({ first, last, frame });
    this.trim(told);
  }

  trim(told: number): void {
    while (this.#bytes > this.#bytesMax && (this.#entries[this.#start]?.last ?? told) <= told) this.#dropOldest();
  }

  /**
   * Frames that cover seq > `after`, oldest first and all under the newest epoch, or null where some of them are gone or
   * `after` is of no epoch known here (the caller sends P6).
   */
  since(after: Position): readonly HistoryFrame[] | null {
    if (!this.#holds(after)) return null;
    const entries = this.#entries;
    let next = entries.length;
    while (next > this.#start && (entries[next - 1] as HistoryFrame).last > after.seq) next--;
    return entries.slice(next);
  }

  /** For the next owner. */
  tail(): Tail {
    return { end: this.#end, epochs: this.#epochs, frames: this.#entries.slice(this.#start) };
  }

  /**
   * The same seq under an epoch that is not known is another event. One that is known may also stand for what came after
   * it: members who still listen under it are told so before their SYNC (`attach.ts`).
   */
  #holds({ epoch, seq }: Position): boolean {
    if (seq < this.#base || seq > this.#end.seq) return false;
    const span = this.#epochs.find((each) => each.epoch === epoch);
    return span !== undefined && seq >= span.start;
  }

  #keep(entry: HistoryFrame): void {
    this.#entries.push(entry);
    this.#bytes += entry.frame.length;
  }

  #dropOldest(): void {
    const oldest = this.#entries[this.#start] as HistoryFrame;
    this.#bytes -= oldest.frame.length;
    this.#base = oldest.last;
    this.#entries[this.#start++] = DROPPED;
    if (this.#start > 64 && this.#start * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#start);
      this.#start = 0;
    }
  }
}
