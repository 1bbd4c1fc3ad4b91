import type { Owner } from './owner.ts';

/** What the snapshotter knows of a room. */
export interface Tracked {
  /** When the first and the last uncommitted change came; null while there is none. */
  firstAt: number | null;
  lastAt: number;
  /** When the last commit that the store took was sent. */
  committedAt: number;
  committing: boolean;
  /** The next commit replaces all that the store has. */
  whole: boolean;
  /** Times in a row that the store refused this room, and until when it is left alone for that. */
  refusals: number;
  notBefore: number;
}

export function newlyTracked(now: number): Tracked {
  return {
    firstAt: null,
    lastAt: now,
    committedAt: now,
    committing: false,
    whole: false,
    refusals: 0,
    notBefore: 0,
  };
}

/** The room will be written whole, or never. */
export function forgetMarks({ state, roster }: Owner): void {
  // Clearing a set makes it a new table, also where it is empty.
  if (state.dirty.size > 0) state.dirty.clear();
  if (roster.dirty.size > 0) roster.dirty.clear();
}
