/** What the store model says of its data to those who check: kept by the model itself, beside the twins. */
import type { Claim, ClaimRequest, NodeKey } from '../../../src/cluster/ports.ts';
import type { Commit, CommitResult, LogAppend, WriteResult } from '../../../src/room/ports.ts';

/** Where the data of a room end: the events up to `seq`, the last of them written by the owner of `epoch`. */
export interface Kept {
  readonly epoch: number;
  readonly seq: number;
}

export interface RoomMark {
  /** Writes that this room has seen: a server that has seen fewer than another has forgotten some. */
  readonly writes: number;
  /** The last epoch given out. */
  readonly epoch: number;
  readonly kept: Kept | null;
}

export const NO_MARK: RoomMark = { writes: 0, epoch: 0, kept: null };

/** Told of what the store has done at the moment that it is done, whether its answer arrives or not. */
export interface StoreWitness {
  /** `kept`: what the store had of the room. */
  claimed(request: ClaimRequest, claim: Claim, kept: Kept | null): void;
  /** `kept`: what it has now. */
  committed(commit: Commit, result: CommitResult, kept: Kept | null): void;
  appended(append: LogAppend, result: WriteResult, kept: Kept | null): void;
  released(room: string, by: NodeKey, epoch: number, ttlMs: number, isDone: boolean): void;
  transferred(room: string, by: NodeKey, epoch: number, to: NodeKey, isDone: boolean): void;
  /** It was away, and serves again. */
  isBack(): void;
  /** The store has gone back to what it was before its last writes. */
  forgot(room: string, before: RoomMark, after: RoomMark): void;
}
