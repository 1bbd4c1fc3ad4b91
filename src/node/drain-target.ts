import type { NodeKey } from '../cluster/ports.ts';

/** A node that may take a room. */
export interface Taker {
  readonly node: NodeKey;
  /** Rooms that it owns. */
  readonly owned: number;
}

/**
 * The node with most of the room's members, since each of them then needs one relay less; where none has any, the one
 * with the fewest rooms. `members` counts those behind each edge; null where nobody takes.
 */
export function chooseTarget(takers: readonly Taker[], members: ReadonlyMap<NodeKey, number>): NodeKey | null {
  let best: Taker | null = null;
  for (const taker of takers) {
    if (best === null || isBetter(taker, best, members)) best = taker;
  }
  return best?.node ?? null;
}

function isBetter(a: Taker, b: Taker, members: ReadonlyMap<NodeKey, number>): boolean {
  const more = (members.get(a.node) ?? 0) - (members.get(b.node) ?? 0);
  return more > 0 || (more === 0 && a.owned < b.owned);
}
