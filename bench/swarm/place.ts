import type { ClientPlace } from './client.ts';
import type { SwarmPlan } from './plan.ts';
import { heardBy } from './spread.ts';

type RoomPlan = Pick<SwarmPlan, 'clients' | 'room' | 'residents'>;

/** The number of a client's room; null for one that joins none. */
export function roomOf({ room, residents = 0 }: RoomPlan, client: number): number | null {
  if (room === 0) return null;
  return residents > 0 ? client % residents : Math.floor(client / room);
}

/** Clients that end up in that room: in rooms that fill up the last one may be smaller. */
export function membersOf({ clients, room, residents = 0 }: RoomPlan, number: number): number {
  if (residents > 0) return Math.ceil((clients - number) / residents);
  return Math.min(room, clients - number * room);
}

/** The clients of one worker: every `workers`th. */
export function placesOf(plan: SwarmPlan, worker: number): ClientPlace[] {
  const { payloadBytes, roomType = 'bench', traffic = 'messages' } = plan;
  const places: ClientPlace[] = [];
  for (let client = worker; client < plan.clients; client += plan.workers) {
    places.push({ client, room: roomOf(plan, client), payloadBytes, roomType, traffic, ...heardBy(plan, client) });
  }
  return places;
}
