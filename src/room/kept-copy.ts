/**
 * What a node still holds of a room that it owned, from when its claim was lost until the directory says whose the room
 * is. Where another node owns it by right, the copy is dropped. Where the store forgot (Redis restarted empty, a replica
 * that lagged took over), the copy is the room: the one with the latest epoch, if several nodes hold one.
 */
import type { Claim, NodeKey } from '../cluster/ports.ts';
import type { Edge } from './edge.ts';
import type { Owner } from './owner.ts';
import type { Position } from './ports.ts';

export class KeptCopy {
  readonly owner: Owner;
  /** Nodes that had attached the room: told when it is clear where it is. */
  readonly edges: readonly NodeKey[];
  /** Its epoch was given out by this directory, and not by the memory of a node that was alone. */
  readonly #isShared: boolean;

  constructor(owner: Owner, isShared: boolean) {
    this.owner = owner;
    this.edges = [...owner.feed.edges.keys()];
    this.#isShared = isShared;
  }

  /** What a claim names as its copy; 0: the directory can't judge it. */
  get epoch(): number {
    return this.#isShared ? this.owner.epoch : 0;
  }

  /** Whether a claim that was granted makes this copy the room. One from a time alone gives way to any record. */
  isRoom(claim: Claim & { kind: 'owned' }): boolean {
    return this.#isShared ? claim.isCopy : claim.record === null;
  }
}

/** What a node remembers of a room between its roles in it. */
export class Past {
  copy: KeptCopy | null = null;
  /** Another owner has been between this node's times: what it takes over is not what it gave up. */
  wasFenced = false;
  /** Somebody who joins says that it was: not to be relied on. */
  wasThere = false;
  /** Where the members here stand that listen under the last epoch; null: nobody does, or it means nothing to others. */
  at: Position | null = null;
  /** Owners in a row that the directory named and that sent us away unheard: the next look at it waits accordingly. */
  bounces = 0;
  #epochSeen = 0;

  /** The highest epoch that this node has seen of the room: the next one is above it. */
  get epochSeen(): number {
    return this.#epochSeen;
  }

  /** The node is an edge no more. */
  leftEdge({ position, isHeard, epochSeen }: Pick<Edge, 'position' | 'isHeard' | 'epochSeen'>): void {
    this.bounces = isHeard ? 0 : this.bounces + 1;
    this.stoodAt(position);
    this.sawEpoch(epochSeen);
  }

  /** The node gives up the role in which its members came to stand there. */
  stoodAt(at: Position | null): void {
    this.at = at;
    if (at !== null) this.sawEpoch(at.epoch);
  }

  ownsIn(epoch: number): void {
    this.bounces = 0;
    this.sawEpoch(epoch);
  }

  sawEpoch(epoch: number): void {
    this.#epochSeen = Math.max(this.#epochSeen, epoch);
  }

  /** It is decided whose the room is; answers the nodes that wait to hear of it. */
  dropCopy(): readonly NodeKey[] {
    const edges = this.copy?.edges ?? [];
    this.copy = null;
    return edges;
  }
}
