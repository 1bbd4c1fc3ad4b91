/** Short ways to write what the suites write often. */
import { expect } from 'vitest';
import type { Claim, RoomRecord } from '../../../src/cluster/ports.ts';
import type { Commit, LogAppend } from '../../../src/room/ports.ts';
import type { World } from './worlds.ts';

export const A = 'a:1';
export const B = 'b:1';
export const ROOM = 'demo:1';
export const TTL_MS = 60_000;

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function owned(claim: Claim): { epoch: number; record: RoomRecord | null } {
  if (claim.kind === 'owned') return claim;
  throw new Error(`not owned: ${claim.owner} has it in ${claim.epoch}`);
}

/** Claims and answers the epoch. */
export async function claim(world: World, owner = A, room = ROOM, dead: string | null = null): Promise<number> {
  return owned(await world.directory.claim(room, owner, dead, TTL_MS)).epoch;
}

/** The room as its next owner finds it; whoever owned it is fenced from then on. */
export async function load(world: World, room = ROOM, dead = A): Promise<RoomRecord | null> {
  return owned(await world.directory.claim(room, 'loader:1', dead, TTL_MS)).record;
}

export function commit(epoch: number, seq: number, part: Partial<Commit> = {}): Commit {
  const nothing = { meta: null, set: [], del: [], members: [], whole: false };
  return { room: ROOM, owner: A, epoch, seq, ttlMs: TTL_MS, ...nothing, ...part };
}

export function append(epoch: number, seq: number, part: Partial<LogAppend> = {}): LogAppend {
  return { room: ROOM, owner: A, epoch, seq, frame: bytes(`frame ${seq}`), note: null, ...part };
}

/** Bounds wide enough for a busy machine: the rule is which time to live was set, not how fast we look. */
export function expectTtl(actual: number | null, ttlMs: number): void {
  expect(actual).not.toBeNull();
  expect(actual).toBeLessThanOrEqual(ttlMs);
  expect(actual).toBeGreaterThan(ttlMs - 20_000);
}
