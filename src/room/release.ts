/** How a room goes back to the directory, with its last changes: it is empty, closed, or its node goes. */
import { detachEdge } from './attach.ts';
import type { LocalRoom } from './local-room.ts';
import type { Owner } from './owner.ts';
import type { RegistryContext } from './registry-context.ts';
import { pauseBetween } from './resolve.ts';

/** Never rejects; false where the store is away. */
export async function release(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<boolean> {
  room.beginRelease(owner);
  const { rooms, directory, options } = context;
  const kept = room.type.durability !== 'none' && !owner.isClosed;
  try {
    if (kept) await rooms.snapshotter.commitNow(owner);
    await directory.release(room.room, rooms.self, owner.epoch, kept ? options.ttlWaitingMs : 0);
    return true;
  } catch (cause) {
    rooms.log.warn({ err: cause, room: room.room }, 'room not released: the store is away');
    return false;
  }
}

/** Nobody has been here for a while, or nobody may come any more. */
export async function releaseEmpty(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<void> {
  for (const node of [...owner.feed.edges.keys()]) detachEdge(owner, node);
  await giveUp(room, owner, context);
}

/** Releases until it is done: forgotten while the store is away, a room would lose its last changes, or not be closed. */
export async function giveUp(room: LocalRoom, owner: Owner, context: RegistryContext): Promise<void> {
  for (let tries = 1; !(await release(room, owner, context)) && !context.isStopped(); tries++) {
    room.refuseWaiting('the room can not be opened now');
    await pauseBetween(context, tries);
  }
  room.retire(owner);
  room.resolveIfNeeded();
}
