/**
 * What the cluster needs from the outside: Redis in production (`redis/`), process memory on a node without Redis and
 * in the simulator (`memory-*.ts` beside this file). One contract suite runs on both.
 */

/** One life of a node: `id:incarnation`. A restarted node is another key, so nothing of its past is taken for its own. */
export type NodeKey = string;

/** What a node tells the others about itself with each heartbeat. */
export interface NodeRecord {
  readonly id: string;
  readonly incarnation: string;
  /** Wall ms. */
  readonly startedAt: number;
  readonly owned: number;
  readonly members: number;
  readonly connections: number;
  /** Counts this life's renewals: a record that is still the one from before its node died is told by it. */
  readonly beat: number;
  /** It is going, and takes no rooms. */
  readonly draining: boolean;
}

export interface Renewal {
  /** All nodes whose heartbeat lives, this one included, by id. */
  readonly nodes: readonly NodeRecord[];
  /** How long this life's heartbeat would have lived without it, by the store's clock; null: it was not there. */
  readonly leftMs: number | null;
}

/**
 * How sure it is that a node is dead. `presumed`: the store has none of its connections, or knows a newer life of it.
 * `certain`: its heartbeat has run out as well, and with it the lease that owners of `strict` rooms rely on.
 */
export type DeathProof = 'presumed' | 'certain';

export interface NodeStore {
  /**
   * Renews this node's heartbeat for `ttlMs`. Rejects when the store can't be reached.
   */
  renew(self: NodeRecord, ttlMs: number): Promise<Renewal>;
  /** Whether exactly this life of the node still has its heartbeat. */
  isAlive(node: NodeKey): Promise<boolean>;
  /**
   * Whether the store has a connection of this life of the node: the kernel closes those of a dead process at once.
   * null where the store can't tell.
   */
  isConnected(node: NodeKey): Promise<boolean | null>;
  /** Takes the heartbeat away at a clean stop; another life's heartbeat stays. */
  remove(node: NodeKey): Promise<void>;
}

/** Bytes from node to node, at most once, in order per sender while nothing is lost. */
export interface Mailbox {
  /** Starts to receive. `onPacket` bytes are the receiver's to keep. */
  open(nodeId: string, onPacket: (packet: Uint8Array) => void): Promise<void>;
  /** Sends to a node by its id; answers how many subscribers got it (0: nobody listens). Bytes are copied or sent before it returns. */
  publish(nodeId: string, packet: Uint8Array): Promise<number>;
  /** Drops the subscription's connection and subscribes anew: the cure for a half-open one. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

/** One frame of a durability `log` room. */
export interface LogEntry {
  readonly epoch: number;
  /** seq of the frame's last event. */
  readonly seq: number;
  readonly frame: Uint8Array;
  /** What the frame does not say by itself, in the room layer's encoding. */
  readonly note: Uint8Array | null;
}

/** A room as the store keeps it. The values are the room layer's encoding; the store never looks inside. */
export interface RoomRecord {
  readonly seq: number;
  readonly meta: Uint8Array | null;
  readonly state: ReadonlyMap<string, Uint8Array>;
  readonly members: ReadonlyMap<number, Uint8Array>;
  /** Frames after `seq`, oldest first. */
  readonly log: readonly LogEntry[];
}

export interface ClaimRequest {
  readonly room: string;
  readonly self: NodeKey;
  /** An owner that this node knows to be dead. */
  readonly dead: NodeKey | null;
  /**
   * Where given, that owner is replaced only if this is still its last claim: one that has claimed the room since was
   * looked for too early.
   */
  readonly deadAttempt: number | null;
  /** Grows with each claim of this life of the node: one that is served behind a later one changes nothing. */
  readonly attempt: number;
  /** Epoch of the copy of the room that this node still holds from when it owned it; 0: none. */
  readonly copy: number;
  /** The new epoch is above this: the highest that this node has seen of the room. */
  readonly floor: number;
  /**
   * How far the new epoch is above all that is known, 1 at least. Random, so that two claims of which the store forgets the
   * first do not get the same one where its clock is behind.
   */
  readonly stride: number;
  /** Time to live of the room from now on. */
  readonly ttlMs: number;
}

export type Claim =
  | {
      /** This node owns the room from now on, in `epoch`. */
      readonly kind: 'owned';
      readonly epoch: number;
      /** The epoch before, 0 where the store knew none. */
      readonly before: number;
      /** The claimant's copy is the room, not the record: the store had forgotten its epoch, or it is the current one. */
      readonly isCopy: boolean;
      /** By an earlier claim it was this node's already: it was not told so, or the store has forgotten that it gave the room up. */
      readonly wasOwn: boolean;
      /** null for a room that the store does not know. */
      readonly record: RoomRecord | null;
    }
  | {
      readonly kind: 'other';
      readonly epoch: number;
      readonly owner: NodeKey;
      /** That of the owner's last claim; 0: the room was handed to it, and it has not claimed it yet. */
      readonly attempt: number;
    };

export interface Directory {
  /** false: this node's own, while it is alone; what it gives out may be given out elsewhere as well. */
  readonly isShared: boolean;
  /**
   * Makes `self` the owner if the room has none, or exactly the owner `dead` (by its claim `deadAttempt`), or if the store has forgotten the epoch of
   * `copy` (it restarted empty, or a replica that lagged took over) and the room's owner began from an older one. The new
   * epoch is above the old one, the floor and the copy, and at least the store's time in ms, so it grows even over a
   * store that lost its data. A claim by the node that owns the room already is a new epoch as well.
   */
  claim(request: ClaimRequest): Promise<Claim>;
  /** Hands the room over to the node `to`, which claims it then. Answers false when fenced. */
  transfer(room: string, self: NodeKey, epoch: number, to: NodeKey, ttlMs: number): Promise<boolean>;
  /**
   * Gives the room up if `self` still owns it in `epoch`: with `ttlMs` the record stays that long, with 0 it is deleted,
   * all but its epochs, so that no late copy of it comes back. Answers false when fenced.
   */
  release(room: string, self: NodeKey, epoch: number, ttlMs: number): Promise<boolean>;
}
