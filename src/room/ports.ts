/** What rooms need from the outside: sockets (the gateway) and a store (Redis, or memory). */
import type { NodeKey } from '../cluster/ports.ts';

/** Who is behind a connection, fixed by its HELLO. */
export interface SessionIdentity {
  readonly sid: string;
  readonly user: string;
  /** One more with each WELCOME of this session; of two connections the higher one is the current one. */
  readonly generation: number;
}

/** A place in a room's events: everything up to `seq` of `epoch`. */
export interface Position {
  readonly epoch: number;
  readonly seq: number;
}

export interface JoinRequest {
  readonly req: number;
  /** A valid room name; the gateway has checked its form, the rooms check its type. */
  readonly room: string;
  readonly since: Position | null;
  /** A copy that the rooms may keep. */
  readonly meta: Uint8Array | null;
}

export interface LeaveRequest {
  readonly req: number;
  /** The membership that it ends, and earlier ones of the session: not one that began behind it. 0: whichever there is. */
  readonly me: number;
}

/** What the gateway asks of the rooms. Nothing here throws for what a client did: answers go out as frames. */
export interface Rooms {
  /** Takes a seat (or asks to catch up, P9). The answer, JOINED or ERROR, goes to the connection. */
  join(connection: Connection, request: JoinRequest): void;
  /** The connection is gone: its members become away (P10). */
  disconnect(connection: Connection): void;
}

/** One connection's place in one room, from its JOIN (answered or not yet) until it leaves. */
export interface Seat {
  readonly room: string;
  /** UTF-8 of the name, to find the seat of a frame without decoding its name. */
  readonly nameBytes: Uint8Array;
  /** The uWS topic of its room in this epoch; null before JOINED. */
  readonly topic: string | null;
  /** SEND: the encoded payload value at bytes[start, end); copied before it returns. */
  message(cseq: number, bytes: Uint8Array, start: number, end: number): void;
  /** SET: the two encoded values set, del at bytes[start, end); copied before it returns. */
  patch(cseq: number, bytes: Uint8Array, start: number, end: number): void;
  leave(req: number): void;
  /** Where the room stands for this node's members, for POSITION; null before JOINED. */
  position(): Position | null;
}

/** One client connection of this node, as rooms see it. */
export interface Connection {
  /** Unique in this life of the node, ≥ 1. */
  readonly id: number;
  readonly session: SessionIdentity;
  /** Its seats, at most roomsMax; only the rooms add and remove. */
  readonly seats: Seat[];
  /** Sends one encoded frame; a lagging or closed connection drops it (P13 heals that). */
  send(frame: Uint8Array): void;
  /**
   * As `send`, for the frame that ends its seat in a room: nothing follows that would heal its loss, so a lagging
   * connection gets it when it has drained, unless it sits in the room again by then.
   */
  sendLast(room: string, frame: Uint8Array): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** A newer connection of the same session has taken over: close with 4502. */
  replaced(): void;
}

/** All connections of this node that subscribed to a topic, natively fanned out. The bytes may be reused after the call. */
export interface Publisher {
  publish(topic: string, frame: Uint8Array): void;
}

/** The part of a room that changed since the last commit. */
export interface Commit {
  readonly room: string;
  readonly owner: NodeKey;
  readonly epoch: number;
  readonly seq: number;
  readonly meta: Uint8Array | null;
  readonly set: readonly (readonly [key: string, value: Uint8Array])[];
  readonly del: readonly string[];
  /** null: the member is gone. */
  readonly members: readonly (readonly [member: number, value: Uint8Array | null])[];
  /** Drop all state and members that the store has first: the commit is the whole room. */
  readonly whole: boolean;
  /** Counts the owner's commits of the room, from 1 in each epoch. */
  readonly revision: number;
  /** A part is what changed since this revision; 0: since the room was claimed. */
  readonly base: number;
  readonly ttlMs: number;
}

/**
 * `fenced`: another owner or a newer epoch is there, nothing was written, this node must demote itself.
 * `failed`: the store answers, but refuses this room (it is out of memory, or has something else under the room's name).
 * The same may be tried again later; other rooms are not concerned.
 */
export type WriteResult = 'written' | 'fenced' | 'failed';

/** `behind`: the store has lost the revision that the changes build on. Nothing was written; it needs the whole room. */
export type CommitResult = WriteResult | 'behind';

export interface SnapshotStore {
  /** Writes many rooms in one round trip; results in the same order. Rejects as a whole when the store can't be reached. */
  commit(batch: readonly Commit[]): Promise<readonly CommitResult[]>;
}

export interface LogAppend {
  readonly room: string;
  readonly owner: NodeKey;
  readonly epoch: number;
  /** seq of the frame's first event. */
  readonly first: number;
  /** seq of the frame's last event. */
  readonly seq: number;
  readonly frame: Uint8Array;
  /** What the frame does not say by itself; the next owner gets it with the frame. */
  readonly note: Uint8Array | null;
}

export interface LogStore {
  /**
   * Appends in order, in one round trip; results in the same order. A commit trims what the snapshot holds. A room's log
   * never has a hole: a frame that does not follow what the store has of the room is `failed` behind another one of the
   * same call, else `fenced`, since the store and this owner no longer tell the same story. Rejects as a whole when the
   * store can't be reached.
   */
  append(batch: readonly LogAppend[]): Promise<readonly WriteResult[]>;
}
