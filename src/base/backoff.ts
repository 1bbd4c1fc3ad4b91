import type { Rng } from './rng.ts';

/**
 * Full-jitter back-off: a random wait in (0, min(maxMs, baseMs × 2^attempt)], so that clients which lost the same
 * node do not come back in step. `attempt` counts from 0.
 */
export function fullJitterMs(attempt: number, baseMs: number, maxMs: number, rng: Rng): number {
  const ceiling = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.max(1, Math.ceil(rng.next() * ceiling));
}
