/** How a room goes back to the directory, with its last changes: it is empty, closed, or its node goes. */
import type { NodeKey } from '../cluster/ports.ts';
import { detachEdge } from './attach.ts';
import { behindLog } from './behind-log.ts';
import type { LocalRoom } from './local-room.ts';
import type { Owner } from './owner.ts';
import type { RegistryContext } from './registry-context.ts';
import { RELAY, roomMessage } from './relay-message.ts';
import { leaveCopy, pauseBetween } from './resolve.ts';

const noop = (): void => {};

/** Never rejects. `away`: the store can't be reached; `fenced`: it has the room as another node's, or forgot it. */
async function release(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<'done' | 'fenced' | 'away'> {
  room.beginRelease(owner);
  const { rooms, directory, options } = context;
  const kept = room.type.durability !== 'none' && !owner.isClosed;
  try {
    if (kept && (await rooms.snapshotter.commitNow(owner)) === 'fenced') return 'fenced';
    // Of a room that is over the last events, and that it is, are told before its name is free.
    if (!kept) await behindLog(owner, rooms.clock, noop, noop);
    const isDone = await directory.release(room.room, rooms.self, owner.epoch, kept ? options.ttlWaitingMs : 0);
    // What is not kept is gone either way.
    return isDone || !kept ? 'done' : 'fenced';
  } catch (cause) {
    // The frames that it waited for will never be taken.
    if (owner.feed.isFenced) return 'fenced';
    rooms.log.warn({ err: cause, room: room.room }, 'room not released: the store is away');
    return 'away';
  }
}

/** Nobody has been here for a while, or nobody may come any more. */
export async function releaseEmpty(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<void> {
  for (const node of [...owner.feed.edges.keys()]) detachEdge(owner, node);
  await giveUp(room, owner, context);
}

/** Releases until it is done: forgotten while the store is away, a room would lose its last changes, or not be closed. */
export async function giveUp(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<void> {
  let outcome = await release(room, owner, context);
  for (let tries = 1; outcome === 'away' && !context.isStopped(); tries++) {
    // What it holds will never be told by this ownership, written or not; whose the room is now a claim must tell.
    if (!owner.feed.isTenured) return room.claimAnew(owner, 'unknown');
    room.refuseWaiting('the room can not be opened now');
    await pauseBetween(context, tries);
    outcome = await release(room, owner, context);
  }
  if (outcome === 'fenced') return room.claimAnew(owner, outcome);
  room.retire(owner);
  room.resolveIfNeeded();
}

/** The node goes: what it has of the room goes back, so that the nodes of its members can claim it at once. */
export async function leaveBehind(room: LocalRoom, context: RegistryContext): Promise<void> {
  const { owner } = room;
  let edges: readonly NodeKey[] = [];
  if (owner) {
    edges = [...owner.feed.edges.keys()];
    if ((await release(room, owner, context)) === 'fenced') room.claimAnew(owner, 'fenced');
    else room.retire(owner);
  }
  if (room.past.copy !== null) {
    await leaveCopy(room, context);
    edges = room.past.dropCopy();
  }
  for (const edge of edges) context.rooms.post.post(edge, roomMessage(RELAY.moved, room.room));
}
