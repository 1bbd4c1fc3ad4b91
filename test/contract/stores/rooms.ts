/** Short ways to write what the suites write often. */
import { expect } from 'vitest';
import type { Claim, ClaimRequest, RoomRecord } from '../../../src/cluster/ports.ts';
import type { Commit, LogAppend } from '../../../src/room/ports.ts';
import type { World } from './worlds.ts';

export const A = 'a:1';
export const B = 'b:1';
export const ROOM = 'demo:1';
export const TTL_MS = 60_000;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

let attempts = 0;

/** A claim of a node that knows nothing of the room. */
export function claimOf(self: string, part: Partial<ClaimRequest> = {}): ClaimRequest {
  const nothing = { dead: null, deadAttempt: null, copy: 0, floor: 0, stride: 1 };
  return { room: ROOM, self, attempt: ++attempts, ttlMs: TTL_MS, ...nothing, ...part };
}

export function owned(claim: Claim): Claim & { kind: 'owned' } {
  if (claim.kind === 'owned') return claim;
  throw new Error(`not owned: ${claim.owner} has it in ${claim.epoch}`);
}

/** Claims and answers the epoch. */
export async function claim(world: World, owner = A, room = ROOM, dead: string | null = null): Promise<number> {
  return owned(await world.directory.claim(claimOf(owner, { room, dead }))).epoch;
}

/** The room as its next owner finds it; whoever owned it is fenced from then on. */
export async function load(world: World, room = ROOM, dead = A): Promise<RoomRecord | null> {
  return owned(await world.directory.claim(claimOf('loader:1', { room, dead }))).record;
}

export function commit(epoch: number, seq: number, part: Partial<Commit> = {}): Commit {
  const nothing = { meta: null, set: [], del: [], members: [], whole: false, base: 0 };
  return { room: ROOM, owner: A, epoch, seq, revision: seq, ttlMs: TTL_MS, ...nothing, ...part };
}

export function append(epoch: number, seq: number, part: Partial<LogAppend> = {}): LogAppend {
  return { room: ROOM, owner: A, epoch, first: seq, seq, frame: bytes(`frame ${seq}`), note: null, ...part };
}

/** Bounds wide enough for a busy machine: the rule is which time to live was set, not how fast we look. */
export function expectTtl(actual: number | null, ttlMs: number): void {
  expect(actual).not.toBeNull();
  expect(actual).toBeLessThanOrEqual(ttlMs);
  expect(actual).toBeGreaterThan(ttlMs - 20_000);
}
