/** Nothing leaks: when all clients are gone and every time of grace is over, nodes hold nothing, and then stop to nothing. */
import type { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { SimClient } from '../sim-client.ts';
import type { SimNode } from '../sim-node.ts';

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

/** A dead owner may stay in the store until somebody asks for its room; one that lives must have given it back. */
export function leftInStore(store: MemoryStore, rooms: readonly string[], running: readonly SimNode[]): string | null {
  for (const room of rooms) {
    const owner = store.rooms.get(room)?.owner ?? null;
    if (running.some(({ key }) => key === owner)) return `the store says that ${owner} owns ${room}`;
  }
  return null;
}

/** After its stop, or a client's close. */
export function pendingIn(what: string, timers: number): string | null {
  return timers === 0 ? null : `${what} is over and has ${timers} timers`;
}

export function pendingInClient(client: SimClient): string | null {
  return client.process === null ? null : pendingIn(client.name, client.process.timers);
}
