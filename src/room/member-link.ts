import type { SyncReason } from '../protocol/op.ts';
import type { JoinRequest, SessionIdentity } from './ports.ts';

/** A whole room at one point of its history; members get it as SYNC, each with its own number and cseq. */
export interface RoomView {
  readonly epoch: number;
  readonly seq: number;
  /** Encoded roster and state. */
  readonly roster: Uint8Array;
  readonly state: Uint8Array;
  readonly reason: SyncReason;
}

/**
 * What all who join at one point of a room's history are told alike. Each JOINED is made of it when it leaves, so a rush
 * of joins holds the room's state once and not once for each.
 */
export interface JoinAnswer {
  readonly epoch: number;
  /** `seq` of JOINED. */
  readonly seq: number;
  /** Encoded; both null where `frames` bring what was missed (P7). */
  readonly roster: Uint8Array | null;
  readonly state: Uint8Array | null;
  /** EVENTS behind JOINED. */
  readonly frames: readonly Uint8Array[];
  /** The room's last event: that of the frames, or of the snapshot. */
  readonly end: number;
}

/**
 * The one way from a room's owner to a member's connection: a seat on this node, or a connection number behind an edge.
 * A member takes commands from exactly one link, compared by identity; so a late packet of an old connection can
 * never pass for a renumbered command (P17).
 */
export interface MemberLink {
  /** The member attached through this link, 0: none. Only the owner writes it. */
  member: number;
  readonly session: SessionIdentity;
  /** ACK, ERROR, DIRECT: outside the sequence. */
  send(frame: Uint8Array): void;
  /** JOINED and, for P7, the frames that follow it; from then on the room's frames reach the connection. */
  joined(req: number, me: number, cseq: number, answer: JoinAnswer): void;
  /** SYNC: the room's frames after `view` reach the connection. */
  synced(view: RoomView, me: number, cseq: number): void;
  /** The membership ended: no more frames of this room. `frame` is LEFT, or the ERROR that says why. */
  left(frame: Uint8Array): void;
  /** Whether that JOIN still waits for its answer. */
  asks(request: JoinRequest): boolean;
  /** A JOIN was refused. */
  refused(req: number, frame: Uint8Array): void;
  /** A newer connection of the same session is attached, or was already. */
  replaced(): void;
}
