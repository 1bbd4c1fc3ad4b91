import type { ServerEvent, ServerFrame } from '../protocol/server-reader.ts';
import type { Command } from './command.ts';
import type { Member, Snapshot } from './room-view.ts';
import type { RoomcastError } from './roomcast-error.ts';

/** joined: the first answer on a connection, or to a catch-up that could not be served from the history (P6). */
export type SnapshotKind = 'joined' | 'owner' | 'reset';

/**
 * What a room tells whoever watches it: the public `Room`, and the simulator's checkers. All are called synchronously,
 * in the order in which things took place; they must not throw.
 */
export interface RoomObserver {
  /** Everything was replaced. `cseq` is the server's: commands up to it are done. */
  onSnapshot?(kind: SnapshotKind, snapshot: Snapshot, me: number, cseq: number): void;
  /** P7: attached again, and the events go on from the last one seen. */
  onResumed?(epoch: number, seq: number, me: number, cseq: number): void;
  /** New events, without a hole, before they are applied: event `i` has seq `first + i`. */
  onEvents?(epoch: number, first: number, events: readonly ServerEvent[]): void;
  /** One of them, after it was applied; `member` as in RoomView.apply. */
  onEvent?(seq: number, event: ServerEvent, member: Member | null): void;
  onDirect?(member: number, payload: Uint8Array): void;
  /** The command's promise is about to resolve (null) or to reject. */
  onDone?(command: Command, error: RoomcastError | null, cseq: number): void;
  /** This room object is over: CLOSED, refused when joining again, the client's end, or left. */
  onOver?(error: RoomcastError): void;
}

/** What a client tells beyond its rooms. */
export interface ClientObserver {
  /** Every frame that was read, before it is acted on. */
  onFrame?(frame: ServerFrame): void;
}
