import { must } from '../base/assert.ts';
import { copyBytes, type MemoryStore, type StoredRoom } from './memory-store.ts';
import type { Claim, ClaimRequest, Directory, NodeKey, RoomRecord } from './ports.ts';

/** The epochs of a deleted room stay this long: a node that stood still meanwhile must not bring its copy back. */
export const TOMBSTONE_MS = 600_000;

/** The in-memory twin of Redis' room-claim, room-transfer and room-release scripts. */
export class MemoryDirectory implements Directory {
  readonly isShared = true;
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async claim({ room, self, dead, deadAttempt, attempt, copy, floor, stride, ttlMs }: ClaimRequest): Promise<Claim> {
    const { rooms } = this.#store;
    const stored = rooms.get(room) ?? emptyRoom();
    const { owner, epoch: before } = stored;
    const isGap = copy > stored.from && copy < stored.known;
    const isForgotten = isGap || (copy > stored.from && copy > before);
    const isDead = owner === dead && (deadAttempt === null || deadAttempt === stored.attempt);
    const isFree = owner === null || isDead || isForgotten;
    if (owner === self ? attempt <= stored.attempt : !isFree) {
      const other = must(owner, 'the owner of a room that is not free');
      return { kind: 'other', epoch: before, owner: other, attempt: stored.attempt };
    }
    const isAgain = owner === self && copy > 0 && copy === stored.bringing;
    const isCopy = isForgotten || isAgain || (owner === self && copy > 0 && copy === before);
    const wasOwn = owner === self && stored.attempt > 0;
    stored.owner = self;
    stored.attempt = attempt;
    // An owner that claims again and has written nothing since its last claim: the room is made from what it was made from
    // then, and nobody holds a copy of the epoch in between.
    const wrote = stored.at === before || stored.logTop.epoch === before;
    const isUnwritten = owner === self && !isCopy && stored.bringing === 0 && !wrote;
    if (!isUnwritten) stored.from = isCopy ? copy : before;
    stored.bringing = isCopy ? copy : 0;
    stored.epoch = Math.max(Math.max(before, floor, copy, stored.logTop.epoch) + stride, this.#wallMs());
    // The epochs above the copy that were given out in its place stay known.
    if (!isGap && !isAgain) stored.known = stored.epoch;
    rooms.set(room, stored, ttlMs);
    return { kind: 'owned', epoch: stored.epoch, before, isCopy, wasOwn, record: toRecord(stored) };
  }

  async transfer(room: string, self: NodeKey, epoch: number, to: NodeKey, ttlMs: number): Promise<boolean> {
    const stored = this.#store.ownedRoom(room, self, epoch);
    if (stored === null) return false;
    stored.owner = to;
    stored.attempt = 0;
    this.#store.rooms.set(room, stored, ttlMs);
    return true;
  }

  async release(room: string, self: NodeKey, epoch: number, ttlMs: number): Promise<boolean> {
    const { rooms } = this.#store;
    const stored = this.#store.ownedRoom(room, self, epoch);
    if (stored === null) return false;
    if (ttlMs > 0) {
      stored.owner = null;
      rooms.set(room, stored, ttlMs);
    } else {
      rooms.set(room, { ...emptyRoom(), epoch, from: stored.from, known: stored.known }, TOMBSTONE_MS);
    }
    return true;
  }

  #wallMs(): number {
    return Math.floor(this.#store.clock.wall());
  }
}

function emptyRoom(): StoredRoom {
  const logTop = { epoch: 0, seq: 0 };
  return {
    owner: null,
    epoch: 0,
    from: 0,
    known: 0,
    attempt: 0,
    bringing: 0,
    seq: null,
    at: 0,
    revision: 0,
    meta: null,
    state: new Map(),
    members: new Map(),
    log: [],
    logTop,
  };
}

/** Null for a room that has an owner but was never written. */
function toRecord(stored: StoredRoom): RoomRecord | null {
  if (stored.seq === null && stored.log.length === 0) return null;
  const seq = stored.seq ?? 0;
  return {
    seq,
    meta: stored.meta === null ? null : copyBytes(stored.meta),
    state: copyMap(stored.state),
    members: copyMap(stored.members),
    log: stored.log
      .filter((entry) => entry.seq > seq)
      .map((entry) => ({ ...entry, frame: copyBytes(entry.frame), note: entry.note && copyBytes(entry.note) })),
  };
}

function copyMap<K>(from: ReadonlyMap<K, Uint8Array>): Map<K, Uint8Array> {
  const copy = new Map<K, Uint8Array>();
  for (const [key, bytes] of from) copy.set(key, copyBytes(bytes));
  return copy;
}
