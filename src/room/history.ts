/**
 * Recent frames of one room, so that a member who was away gets what it missed (P7).
 *
 * Holds at most `bytesMax` bytes; the oldest frames go first. Not a log: it dies with the process. But an owner that
 * goes in peace leaves it to the next one as its `tail`: that one's history goes on from there, under its own epoch, and
 * still knows the epochs before. Event n of those is event n of its own (decision 7).
 */
import { assert } from '../base/assert.ts';
import { withEpoch } from '../protocol/server-frame.ts';
import { FrameStore, type StoredFrame } from './frame-store.ts';
import type { Position } from './ports.ts';

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
  readonly frames: readonly StoredFrame[];
}

/** Epochs that a history knows: more owners in a row than any deploy makes while a client is away (guess). */
const EPOCHS_MAX = 16;

export class History {
  readonly #bytesMax: number;
  readonly #epochs: readonly Span[];
  /** The oldest kept frame starts after it. */
  #base: number;
  #end: Position;
  readonly #frames = new FrameStore();

  /** `before` ends at `start`. */
  constructor(start: Position, bytesMax: number, before: Tail | null = null) {
    this.#end = start;
    this.#base = before?.frames[0] ? before.frames[0].first - 1 : start.seq;
    this.#bytesMax = bytesMax;
    this.#epochs = [...(before?.epochs ?? []), { epoch: start.epoch, start: start.seq }].slice(-EPOCHS_MAX);
    if (before === null) return;
    assert(before.end.seq === start.seq, 'a history that goes on where the one before ended');
    // All of it, whatever its size, until the first frame follows: the end of it may be told only now.
    for (const { first, last, frame } of before.frames) this.#frames.add(first, last, withEpoch(frame, start.epoch));
  }

  get bytes(): number {
    return this.#frames.bytes;
  }

  /** Frames behind `told` wait to be told, and are kept until then. Answers the copy of `frame` that stays as it is. */
  push(first: number, last: number, frame: Uint8Array, told = last): Uint8Array {
    this.#end = { epoch: this.#end.epoch, seq: last };
    const kept = this.#frames.add(first, last, frame);
    this.trim(told);
    return kept;
  }

  trim(told: number): void {
    const frames = this.#frames;
    while (frames.bytes > this.#bytesMax) {
      const last = frames.oldestLast;
      if (last === null || last > told) return;
      frames.dropOldest();
      this.#base = last;
    }
  }

  /**
   * Frames that cover seq > `after`, oldest first and all under the newest epoch, or null where some of them are gone or
   * `after` is of no epoch known here (the caller sends P6).
   */
  since(after: Position): readonly StoredFrame[] | null {
    if (!this.#holds(after)) return null;
    return this.#frames.after(after.seq);
  }

  /** For the next owner. */
  tail(): Tail {
    return { end: this.#end, epochs: this.#epochs, frames: this.#frames.after(this.#base) };
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
}
