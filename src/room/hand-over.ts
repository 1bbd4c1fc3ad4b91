/**
 * How an owner hands its room to another node, without loss: nothing changes any more, all of it is written, the directory
 * names the other node, and that one is told, with the tail of the history (P7 goes on there). The members here and at
 * the edges attach to it and go on.
 *
 * The message may be lost: whoever attaches makes the new owner claim its room, then without the tail. Whether a transfer
 * that failed was done, the next claim shows; until then the copy and the tail stay here.
 */
import type { NodeKey } from '../cluster/ports.ts';
import { handOverMessages } from './hand-over-message.ts';
import type { LocalRoom } from './local-room.ts';
import type { Owner } from './owner.ts';
import type { RegistryContext } from './registry-context.ts';
import { RELAY, roomMessage } from './relay-message.ts';

/** Never rejects; true when the room is the other node's. */
export async function handOver(room: LocalRoom, owner: Owner, to: NodeKey, context: RegistryContext): Promise<boolean> {
  owner.flush();
  // It is over, or will be once its log is written.
  if (room.owner !== owner || owner.isClosed) return false;
  room.beginRelease(owner);
  const { rooms, handed } = context;
  const outcome = await transfer(room, owner, to, context);
  if (outcome !== 'done') {
    room.claimAnew(owner, outcome);
    return false;
  }
  rooms.counters.handedOver++;
  const tail = owner.feed.history.tail();
  // The other node may be gone by now, and the room come back.
  handed.keep(room.room, tail);
  for (const message of handOverMessages(room.room, tail)) rooms.post.post(to, message);
  for (const edge of owner.feed.edges.keys()) rooms.post.post(edge, roomMessage(RELAY.moved, room.room));
  room.past.stoodAt(owner.feed.told);
  room.retire(owner);
  room.resolveIfNeeded();
  return true;
}

async function transfer(
  room: LocalRoom,
  owner: Owner,
  to: NodeKey,
  { rooms, directory, options }: RegistryContext,
): Promise<'done' | 'fenced' | 'unknown'> {
  try {
    if ((await rooms.snapshotter.commitNow(owner)) === 'fenced') return 'fenced';
    const isDone = await directory.transfer(room.room, rooms.self, owner.epoch, to, options.ttlActiveMs);
    return isDone ? 'done' : 'fenced';
  } catch (cause) {
    rooms.log.warn({ err: cause, room: room.room }, 'room not handed over: the store is away');
    return 'unknown';
  }
}
