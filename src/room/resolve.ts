/**
 * Finds a room's owner: claims it in the directory, which answers who has it instead. A dead owner is replaced by
 * naming it in the next claim, so that of many nodes that try exactly one wins. While an owner is neither known nor
 * surely dead, and while the store can't be reached, it tries again; JOINs that wait are told to retry.
 *
 * Claims bring whole rooms. Where a node with thousands of rooms dies, or the first clients come after a restart, they go
 * out some hundreds at a time (`claiming`), so that neither Redis nor this process has to hold them all at once.
 */
import { fullJitterMs } from '../base/backoff.ts';
import type { Claim, DeathProof, NodeKey } from '../cluster/ports.ts';
import type { RoomType } from './definition.ts';
import type { LocalRoom } from './local-room.ts';
import type { RegistryContext } from './registry-context.ts';
import { bringRoom, type LoadedRoom, loadRoom } from './snapshot.ts';
import { tenureOf } from './tenure.ts';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 1000;
/** Waiting JOINs are refused after so many tries: well within a client's patience, longer than a blip. */
const TRIES_UNTIL_REFUSED = 3;

/** A room that moves may send us on once or twice; more often, and something is wrong that others must mend first. */
const BOUNCES_FREE = 2;

/** Epochs are about the time in ms, and stay so: few claims of one room follow each other within a second. */
const STRIDE_MAX = 1_000;
/** Rooms of one outage whose take-over got no answer; of more, numbers of lost members may be given out again. */
const HALF_TAKEN_MAX = 10_000;

export async function resolveOwner(room: LocalRoom, context: RegistryContext, suspect: NodeKey | null): Promise<void> {
  const proof = proofToTakeOver(room.type);
  // A strict room is looked at before its owner is named: what was proved must be younger than its last claim.
  let dead = proof === 'certain' ? null : asDead(suspect, null);
  // Where directory and owner send us to and fro, neither is asked on and on.
  const start = Math.max(0, room.past.bounces - BOUNCES_FREE);
  let waits = start > 0;
  for (let tries = start; !context.isStopped(); tries++) {
    if (waits) {
      if (tries >= TRIES_UNTIL_REFUSED) room.refuseWaiting("the room's owner can't be reached now");
      // An answer that was lost may have made this node the owner; whoever asks for the room next finds that out.
      if (!room.isNeeded) return context.drop(room);
      await pauseBetween(context, tries);
    }
    waits = true;
    const tenure = tenureOf(room.type, context.rooms.lease);
    const attempt = await context.claiming.run(async () => {
      return tenure.holds ? claimAndLoad(room, context, dead, tries) : null;
    });
    if (attempt === null) continue;
    if (attempt.kind === 'owned') {
      const { loaded, isClean } = attempt;
      if (!tenure.holds) {
        // Whether it is still ours another claim must tell, as where the answer was lost.
        if (!isClean) markHalfTaken(room, context);
        continue;
      }
      // One that was not left in peace stays ours: whoever takes it over from us then skips the numbers that may be lost.
      if (context.isStopped()) return isClean ? giveBack(room.room, context, loaded.position.epoch) : undefined;
      return room.becomeOwner({ ...loaded, tenure });
    }
    const { owner } = attempt;
    // A claim of ours that was served before this one; the next one counts higher.
    if (owner === context.rooms.self) continue;
    const found = await context.liveness.find(owner, proof);
    const isDead = context.liveness.isDead(owner, proof);
    // Its end may have been told between the answer and now.
    if (found === 'alive' && !isDead) return room.becomeEdge(owner);
    dead = found !== 'unknown' && isDead ? asDead(owner, proof === 'certain' ? attempt.attempt : null) : null;
    waits = dead === null;
  }
}

/** How sure it must be that an owner is dead: that of a strict room relies on its lease. */
export function proofToTakeOver(type: RoomType): DeathProof {
  return type.onPartition === 'strict' ? 'certain' : 'presumed';
}

type Attempt =
  | { readonly kind: 'owned'; readonly loaded: LoadedRoom; readonly isClean: boolean }
  | Extract<Claim, { kind: 'other' }>;

/** An owner to be replaced. */
interface Dead {
  readonly node: NodeKey;
  /** Its last claim, which it must not have followed by another. */
  readonly attempt: number | null;
}

function asDead(node: NodeKey | null, attempt: number | null): Dead | null {
  return node === null ? null : { node, attempt };
}

/** null: it did not come to an end, and is made again. */
async function claimAndLoad(
  room: LocalRoom,
  context: RegistryContext,
  suspect: Dead | null,
  tries: number,
): Promise<Attempt | null> {
  // While it waited for its turn.
  if (context.isStopped()) return null;
  // What was proved a while ago may be proved no more: it came back, or the store was away.
  const dead = suspect && context.liveness.isDead(suspect.node, proofToTakeOver(room.type)) ? suspect : null;
  const claim = await tryClaim(room, context, dead, tries);
  if (claim === null) {
    // The take-over may be done all the same; the next claim then finds this node as the owner.
    if (dead !== null) markHalfTaken(room, context);
    return null;
  }
  if (claim.kind === 'other') return claim;
  if (claim.epoch <= context.epochSeen() && room.past.epochSeen < context.epochSeen()) {
    // The store's clock is behind, and this may be a room that was forgotten here, too: it is claimed again, above all.
    room.past.sawEpoch(context.epochSeen());
    if (dead !== null) markHalfTaken(room, context);
    return null;
  }
  if (dead !== null) countTakeOver(context, dead.node);
  // Alone, it gives out numbers that members of the same room may have elsewhere: theirs must not pass for each other.
  const isClean = !context.halfTaken.delete(room.room) && dead === null && context.directory.isShared;
  const loaded = await load(room, context, claim, isClean);
  return loaded && { kind: 'owned', loaded, isClean };
}

function markHalfTaken(room: LocalRoom, { halfTaken }: RegistryContext): void {
  if (halfTaken.size < HALF_TAKEN_MAX) halfTaken.add(room.room);
}

function countTakeOver({ rooms, liveness }: RegistryContext, dead: NodeKey): void {
  rooms.counters.takeOvers++;
  if (!liveness.isDead(dead, 'certain')) rooms.counters.takeOversEarly++;
}

/**
 * The room to begin with; null where it could not be written. A copy that the store had forgotten is written before
 * anything is said in its new epoch: what members were told in the old one must not be lost by a crash from here on.
 */
async function load(
  room: LocalRoom,
  context: RegistryContext,
  claim: Claim & { kind: 'owned' },
  isClean: boolean,
): Promise<LoadedRoom | null> {
  const { clock, counters, log, snapshotter } = context.rooms;
  const graceEndsAt = clock.now() + room.type.graceMs;
  const { copy } = room.past;
  if (!copy?.isRoom(claim)) {
    try {
      return loadRecord(room, context, claim, isClean, graceEndsAt);
    } catch (cause) {
      log.error({ err: cause, room: room.room }, 'the record of a room can not be read: the room stays closed');
      markHalfTaken(room, context);
      return null;
    }
  }
  const loaded = bringRoom(claim.epoch, copy.owner, graceEndsAt);
  try {
    const { state, roster, revisions, position } = loaded;
    const isKept = room.type.durability !== 'none';
    const stored = { room: room.room, type: room.type, state, roster, revisions, feed: position };
    if (isKept && (await snapshotter.writeWhole(stored)) !== 'written') return null;
  } catch (cause) {
    log.warn({ err: cause, room: room.room }, 'the copy of a room could not be written; trying on');
    return null;
  }
  counters.copiesBrought++;
  return loaded;
}

/** Throws where the record is not what nodes write. */
function loadRecord(
  room: LocalRoom,
  context: RegistryContext,
  claim: Claim & { kind: 'owned' },
  isClean: boolean,
  graceEndsAt: number,
): LoadedRoom {
  // Nothing is left of a room that was there: who was in it may come back with the numbers of then.
  const isBegunAnew = claim.record === null && (room.past.wasThere || room.past.epochSeen > 0);
  const clean = isClean && !room.past.wasFenced && !isBegunAnew && !claim.wasOwn;
  const loaded = loadRoom(claim, clean, graceEndsAt);
  const tail = context.handed.take(room.room, { epoch: claim.before, seq: loaded.position.seq });
  // Where a later epoch was seen here, the directory has lost it, and somebody may know its events under the tail's epoch.
  const before = room.past.epochSeen > claim.before ? null : tail;
  return { ...loaded, before: claim.record && before };
}

/** The node stops while it holds what may be nowhere else: one try. Never rejects. */
export async function leaveCopy(room: LocalRoom, context: RegistryContext): Promise<void> {
  const claim = await tryClaim(room, context, null, 1);
  if (claim?.kind !== 'owned' || !room.past.copy?.isRoom(claim)) return;
  if (await load(room, context, claim, false)) await giveBack(room.room, context, claim.epoch);
}

/** The node began to stop while it claimed, or can't serve the room. */
async function giveBack(room: string, context: RegistryContext, epoch: number): Promise<void> {
  const { directory, rooms, options } = context;
  try {
    await directory.release(room, rooms.self, epoch, options.ttlWaitingMs);
  } catch (cause) {
    rooms.log.warn({ err: cause, room }, 'room not released: the store is away');
  }
}

/** Another node made this one the owner of a room, but it goes as well, or does not serve rooms of this type. */
export async function refuseHandOver(room: string, context: RegistryContext): Promise<void> {
  const { directory, rooms, options } = context;
  if (!context.isStopped()) rooms.log.error({ room }, 'a room of a type that is not served here was handed over');
  const request = { room, self: rooms.self, dead: null, deadAttempt: null, attempt: context.nextAttempt() };
  const claim = await directory
    .claim({ ...request, copy: 0, floor: 0, stride: 1, ttlMs: options.ttlActiveMs })
    .catch(() => null);
  if (claim?.kind === 'owned') await giveBack(room, context, claim.epoch);
}

/** null: the store could not be reached. Claiming again after a lost answer is a new epoch, so nothing is doubled. */
async function tryClaim(
  room: LocalRoom,
  context: RegistryContext,
  dead: Dead | null,
  tries: number,
): Promise<Claim | null> {
  const { directory, rooms, options } = context;
  rooms.counters.claims++;
  try {
    return await directory.claim({
      room: room.room,
      self: rooms.self,
      dead: dead?.node ?? null,
      deadAttempt: dead?.attempt ?? null,
      attempt: context.nextAttempt(),
      copy: room.past.copy?.epoch ?? 0,
      floor: room.past.epochSeen,
      stride: 1 + Math.floor(context.rng.next() * STRIDE_MAX),
      ttlMs: options.ttlActiveMs,
    });
  } catch (cause) {
    if (tries === 0) rooms.log.warn({ err: cause, room: room.room }, 'room not claimed: the store is away');
    return null;
  }
}

/** A back-off for what needs the store. */
export function pauseBetween(context: RegistryContext, tries: number): Promise<void> {
  const ms = fullJitterMs(tries, RETRY_BASE_MS, RETRY_MAX_MS, context.rng);
  return new Promise((resolve) => void context.rooms.clock.after(ms, resolve));
}
