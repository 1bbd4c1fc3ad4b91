/** Nothing leaks: when all clients are gone and every time of grace is over, nodes hold nothing, and then stop to nothing. */
import type { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { SimClient } from '../sim-client.ts';
import type { SimNode } from '../sim-node.ts';
import type { StoreServer } from '../store/store-server.ts';
import type { RoomRecord } from './room-record.ts';

/** Of an idle node: registry 2, peers 1, membership 1. */
const PERIODIC_TIMERS = 4;

/** What a running node still holds without clients; null: nothing. */
export function heldBy(node: SimNode): string | null {
  const rooms = [...node.core.registry.rooms()];
  if (rooms.length > 0) {
    return `${node.key} holds rooms ${rooms.map((room) => `${room.room} (${room.role.kind}, ${room.seats.size} seats)`)}`;
  }
  const { connections } = node.core;
  if (connections.size > 0) return `${node.key} holds ${connections.size} connections`;
  if (connections.sessions > 0) return `${node.key} holds ${connections.sessions} sessions`;
  if (connections.lagging > 0) return `${node.key} waits for ${connections.lagging} slow readers`;
  if (node.process.timers > PERIODIC_TIMERS) return `${node.key} has ${node.process.timers} timers`;
  return null;
}

/**
 * What the store still has of rooms that nobody is in. A dead owner may stay there until somebody asks for its room, with
 * its members; one that lives must have given the room back, and empty, unless the store has forgotten that.
 */
export function leftInStore(
  store: MemoryStore,
  rooms: Iterable<RoomRecord>,
  running: readonly SimNode[],
): string | null {
  for (const { name, last, hasPresence } of rooms) {
    const stored = store.rooms.get(name);
    if (!stored) continue;
    const { owner, members, log } = stored;
    // One that never heard that it owns the room (it was handed over, or its claim was answered to nobody) finds that out when it
    // is asked for it; so does one that has given the room back where the store has forgotten just that.
    if (last?.isHeld && !last.isOver && last.node === owner && running.some(({ key }) => key === owner))
      return `the store says that ${owner} owns ${name}`;
    const isGivenBack = last?.isOver && !last.isForgotten && last.forgottenTo === null && last.head.roster.size === 0;
    if (!isGivenBack) continue;
    // Who is in a room without presence no event tells.
    if (hasPresence && members.size > 0) return `the store has ${members.size} members of ${name}, which is empty`;
    if (log.length > 0) return `the store has a log of ${log.length} frames of ${name}, which was written whole`;
  }
  return null;
}

/** When all nodes have stopped: heartbeats, connections, subscriptions. */
export function leftAtStore(server: StoreServer): string | null {
  const alive = server.store.nodes.live().map(({ id, incarnation }) => `${id}:${incarnation}`);
  if (alive.length > 0) return `the store has heartbeats of ${alive}, which have stopped`;
  if (server.connections > 0) return `the store has ${server.connections} connections of nodes that have stopped`;
  const { size } = server.subscribers;
  return size === 0 ? null : `the store has ${size} subscriptions of nodes that have stopped`;
}

/** After its stop, or a client's close. */
export function pendingIn(what: string, timers: number): string | null {
  return timers === 0 ? null : `${what} is over and has ${timers} timers`;
}

export function pendingInClient(client: SimClient): string | null {
  return client.process === null ? null : pendingIn(client.name, client.process.timers);
}
