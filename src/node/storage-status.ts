/** Where a node keeps what it shares, and how well that works now. */
import type { RefusalView } from '../redis/refusals.ts';

/** One connection to Redis. Memory counts as one that is always up. */
export interface ConnectionStatus {
  readonly state: 'up' | 'connecting' | 'down';
  /** Why it is not up, for people. */
  readonly reason: string | null;
  /** How long it has been in this state. */
  readonly sinceMs: number;
}

export interface StorageStatus extends ConnectionStatus {
  /** Where rooms live now. */
  readonly type: 'redis' | 'memory';
  /** Where they are meant to live. If that is Redis and `type` is memory, the node serves alone until Redis answers. */
  readonly configured: 'redis' | 'memory';
  /** That over which other nodes reach this one. */
  readonly subscription: ConnectionStatus;
  /** null in memory, which refuses nothing. */
  readonly refused: RefusalView | null;
}

/** The heartbeat by which other nodes know that this one lives. */
export interface HeartbeatStatus {
  /** null before the first. */
  readonly renewedMsAgo: number | null;
  /** Why the last try failed; null where it did not. */
  readonly failure: string | null;
}

/** Why this node should get no clients now, as far as its storage goes. */
export function storageTroubles(
  { type, configured, state, reason, subscription }: StorageStatus,
  { renewedMsAgo, failure }: HeartbeatStatus,
  nodeTtlMs: number,
): string[] {
  if (state !== 'up') return [`Redis can't be reached: ${reason ?? state}`];
  if (type !== configured) return ['the node serves alone and is about to join its cluster'];
  const troubles: string[] = [];
  if (subscription.state !== 'up') {
    troubles.push(`other nodes can't reach this one: ${subscription.reason ?? 'its subscription is made anew'}`);
  }
  if (failure !== null) troubles.push(`the heartbeat could not be renewed: ${failure}`);
  else if (renewedMsAgo === null) troubles.push('the node is not registered yet');
  else if (renewedMsAgo > nodeTtlMs) troubles.push(`the heartbeat was renewed ${renewedMsAgo} ms ago: it has run out`);
  return troubles;
}
