export type Durability = 'snapshot' | 'log';

/** What the nodes of a run with probes must know of room types (ROOMS_RELAY); `bench` is also that of the raw load. */
export const PROBE_ROOMS = 'bench=snapshot,ledger=log';

/** Three rooms of a kind in a row: the nodes own rooms in turn, so each of three gets both kinds. */
export function durabilityOf(room: number): Durability {
  return Math.floor(room / 3) % 2 === 0 ? 'snapshot' : 'log';
}

export function roomName(room: number): string {
  return `${durabilityOf(room) === 'log' ? 'ledger' : 'bench'}:probe-${room}`;
}
