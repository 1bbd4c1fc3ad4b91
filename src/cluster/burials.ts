/**
 * Nodes that are presumed dead while their heartbeat may still be in the store. Three ways out: a later beat shows that
 * one lived all along; its heartbeat has run out, which makes its death certain; or it is seen no more, under an id that a
 * newer life has, for as long as a heartbeat lasts.
 */
import { nodeId } from './node-key.ts';
import type { NodeKey, NodeRecord } from './ports.ts';

/** Nodes that died within one time to live; more of them are dead when their heartbeats have run out. */
const BURIED_MAX = 1024;

interface Burial {
  readonly beat: number;
  /** When the list first came without it. */
  missingSince: number | null;
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

  /** `beat` is the last one known of it. */
  add(node: NodeKey, beat: number): void {
    this.#nodes.set(node, { beat, missingSince: null });
  }

  /** Whether this is what is left of a dead node. One that has beaten since is dug up. */
  covers(node: NodeKey, { beat }: NodeRecord): boolean {
    const burial = this.#nodes.get(node);
    if (!burial) return false;
    if (beat <= burial.beat) return true;
    this.#nodes.delete(node);
    return false;
  }

  /** Takes out those whose death a new list makes certain. `isSteady`: what is not on the list has run out. */
  settle(shown: ReadonlyMap<NodeKey, NodeRecord>, ids: ReadonlySet<string>, isSteady: boolean, now: number): NodeKey[] {
    const certain: NodeKey[] = [];
    for (const [node, burial] of this.#nodes) {
      if (shown.has(node)) {
        burial.missingSince = null;
        continue;
      }
      burial.missingSince ??= now;
      const hasRunOut = !ids.has(nodeId(node)) || now - burial.missingSince >= this.#ttlMs;
      if (isSteady && hasRunOut) certain.push(node);
    }
    for (const node of certain) this.#nodes.delete(node);
    return certain;
  }
}
