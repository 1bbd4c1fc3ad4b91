/**
 * Finds a room's owner: claims it in the directory, which answers who has it instead. A dead owner is replaced by
 * naming it in the next claim, so that of many nodes that try exactly one wins. While an owner is neither known nor
 * surely dead, and while the store can't be reached, it tries again; JOINs that wait are told to retry.
 */
import { fullJitterMs } from '../base/backoff.ts';
import type { Claim, NodeKey } from '../cluster/ports.ts';
import type { LocalRoom } from './local-room.ts';
import type { RegistryContext } from './registry-context.ts';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 1000;
/** Waiting JOINs are refused after so many tries: well within a client's patience, longer than a blip. */
const TRIES_UNTIL_REFUSED = 3;

/** Rooms of one outage whose take-over got no answer; of more, numbers of lost members may be given out again. */
const HALF_TAKEN_MAX = 10_000;

export async function resolveOwner(room: LocalRoom, context: RegistryContext, suspect: NodeKey | null): Promise<void> {
  let dead = suspect;
  for (let tries = 0; ; tries++) {
    if (tries > 0) {
      if (tries >= TRIES_UNTIL_REFUSED) room.refuseWaiting("the room's owner can't be reached now");
      // An answer that was lost may have made this node the owner; whoever asks for the room next finds that out.
      if (!room.isNeeded) return context.drop(room);
      await pauseBetween(context, tries);
    }
    if (context.isStopped()) return;
    const claim = await tryClaim(room, context, dead, tries);
    if (claim === null) {
      // The take-over may be done all the same; the next claim then finds this node as the owner.
      if (dead !== null && context.halfTaken.size < HALF_TAKEN_MAX) context.halfTaken.add(room.room);
      continue;
    }
    if (claim.kind === 'owned') {
      if (context.isStopped()) return giveBackUnused(room, context, claim.epoch);
      if (dead !== null) context.rooms.counters.takeOvers++;
      const isClean = !context.halfTaken.delete(room.room) && dead === null;
      return room.becomeOwner(claim.epoch, claim.record, isClean);
    }
    const found = await context.liveness.find(claim.owner);
    // Its end may have been told between the answer and now.
    if (found === 'alive' && !context.liveness.isDead(claim.owner)) return room.becomeEdge(claim.owner);
    dead = found !== 'unknown' && context.liveness.isDead(claim.owner) ? claim.owner : null;
  }
}

/** The node began to stop while it claimed. */
async function giveBackUnused(room: LocalRoom, context: RegistryContext, epoch: number): Promise<void> {
  const { directory, rooms, options } = context;
  try {
    await directory.release(room.room, rooms.self, epoch, options.ttlWaitingMs);
  } catch (cause) {
    rooms.log.warn({ err: cause, room: room.room }, 'room not released: the store is away');
  }
}

/** null: the store could not be reached. Claiming again after a lost answer is a new epoch, so nothing is doubled. */
async function tryClaim(
  room: LocalRoom,
  context: RegistryContext,
  dead: NodeKey | null,
  tries: number,
): Promise<Claim | null> {
  const { directory, rooms, options } = context;
  rooms.counters.claims++;
  try {
    return await directory.claim({
      room: room.room,
      self: rooms.self,
      dead,
      attempt: context.nextAttempt(),
      copy: 0,
      floor: 0,
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
