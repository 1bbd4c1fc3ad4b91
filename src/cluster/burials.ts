/**
 * Nodes that are dead while their heartbeats may still be in the store. A later beat shows that one lived all along. A
 * presumed death becomes certain when the heartbeat has run out; where a newer life has taken its place, when it would
 * have; and where it stays although no beat came for long, since the store's clock was set back, then.
 */
import { nodeId } from './node-key.ts';
import type { NodeKey, NodeRecord } from './ports.ts';

/** Nodes that died within one time to live; more of them are dead when their heartbeats have run out. */
const BURIED_MAX = 1024;

interface Burial {
  readonly beat: number;
  /** Since when that is its last beat. */
  readonly beatAt: number;
  /** When the list first came without it. */
  missingSince: number | null;
  isCertain: boolean;
  /** The store was away since: it may have come back with the others. */
  isDoubted: boolean;
}

export class Burials {
  readonly #ttlMs: number;
  readonly #nodes = new Map<NodeKey, Burial>();

  constructor(ttlMs: number) {
    this.#ttlMs = ttlMs;
  }

  get isFull(): boolean {
    return this.#nodes.size >= BURIED_MAX;
  }

  has(node: NodeKey): boolean {
    return this.#nodes.has(node);
  }

  isPresumed(node: NodeKey): boolean {
    return this.#nodes.get(node)?.isCertain === false;
  }

  add(node: NodeKey, beat: number, beatAt: number, isCertain: boolean): void {
    this.#nodes.set(node, { beat, beatAt, missingSince: null, isCertain, isDoubted: false });
  }

  /** What was presumed before the store went away proves nothing behind it. */
  doubt(): void {
    for (const burial of this.#nodes.values()) burial.isDoubted = true;
  }

  /** Whether that node may be taken for dead, also within a time to live of the store's return. */
  isProved(node: NodeKey): boolean {
    return this.#nodes.get(node)?.isDoubted === false;
  }

  /** Whether this is what is left of a dead node. One that has beaten since is dug up. */
  covers(node: NodeKey, { beat }: NodeRecord): boolean {
    const burial = this.#nodes.get(node);
    if (!burial) return false;
    if (beat <= burial.beat) return true;
    this.#nodes.delete(node);
    return false;
  }

  /** No beat came since then, seen by one who looked all the time: that node's heartbeat is there by mistake. */
  isStale(beatAt: number, now: number): boolean {
    return now - beatAt >= 2 * this.#ttlMs;
  }

  /** Answers those whose death a new list makes certain. `isSteady`: what is not on the list has run out. */
  settle(shown: ReadonlyMap<NodeKey, NodeRecord>, ids: ReadonlySet<string>, isSteady: boolean, now: number): NodeKey[] {
    const certain: NodeKey[] = [];
    for (const [node, burial] of this.#nodes) {
      const isShown = shown.has(node);
      burial.missingSince = isShown ? null : (burial.missingSince ?? now);
      if (
        !burial.isCertain &&
        isSteady &&
        (this.#hasRunOut(node, burial, ids, now) || this.isStale(burial.beatAt, now))
      ) {
        burial.isCertain = true;
        certain.push(node);
      }
      if (burial.isCertain && !isShown) this.#nodes.delete(node);
    }
    return certain;
  }

  #hasRunOut(node: NodeKey, { missingSince, beatAt }: Burial, ids: ReadonlySet<string>, now: number): boolean {
    if (missingSince === null) return false;
    // Who took its place in the store took its key away before that ran out; so may a step of the store's clock have.
    return now - (ids.has(nodeId(node)) ? missingSince : beatAt) >= this.#ttlMs;
  }
}
