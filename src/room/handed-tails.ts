/**
 * Histories that were handed here with their rooms, each until the claim that it is for. A claim shows whether the room has
 * stood still since: only then does its history go on.
 */
import type { Clock } from '../base/clock.ts';
import type { Tail } from './history.ts';
import type { Position } from './ports.ts';

/** A claim follows at once; after that long there will be none. */
const KEPT_MS = 10_000;
/** Of frames that wait for their claims; beyond it tails stay without frames (guess: 512 full histories). */
const BYTES_MAX = 64 * 1024 * 1024;

interface Kept {
  readonly tail: Tail;
  readonly bytes: number;
  readonly until: number;
}

export class HandedTails {
  readonly #clock: Clock;
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** A tail, or its next part. Where a part between is lost, what is in front of it is of no use. */
  keep(room: string, part: Tail): void {
    const before = this.#remove(room);
    const { end, epochs } = part;
    const goesOn = before !== null && isSame(before.end, end) && before.frames.at(-1)?.last === firstOf(part) - 1;
    const frames = goesOn ? [...before.frames, ...part.frames] : part.frames;
    const bytes = frames.reduce((sum, { frame }) => sum + frame.length, 0);
    const fits = this.#bytes + bytes <= BYTES_MAX;
    const tail = { end, epochs, frames: fits ? frames : [] };
    const kept = { tail, bytes: fits ? bytes : 0, until: this.#clock.now() + KEPT_MS };
    this.#bytes += kept.bytes;
    this.#kept.set(room, kept);
  }

  /** The tail of a room that was claimed, if it has stood at `end` since. */
  take(room: string, end: Position): Tail | null {
    const tail = this.#remove(room);
    if (tail === null || !isSame(tail.end, end)) return null;
    const isWhole = tail.frames.at(-1)?.last === end.seq;
    return isWhole ? tail : { ...tail, frames: [] };
  }

  /** Forgets those whose claim does not come. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [room, { until }] of this.#kept) if (until <= now) this.#remove(room);
  }

  #remove(room: string): Tail | null {
    const kept = this.#kept.get(room);
    if (!kept) return null;
    this.#kept.delete(room);
    this.#bytes -= kept.bytes;
    return kept.tail;
  }
}

function isSame(a: Position, b: Position): boolean {
  return a.epoch === b.epoch && a.seq === b.seq;
}

function firstOf({ frames }: Tail): number {
  return frames[0]?.first ?? 0;
}
