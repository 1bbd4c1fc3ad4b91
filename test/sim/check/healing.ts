/**
 * After the last fault everything heals within a bound: all clients of a room stand at its end, hold the same room, and no
 * command is undone.
 */
import type { SimClient } from '../sim-client.ts';
import type { OneHistory } from './one-history.ts';

export const HEAL_WITHIN_MS = 90_000;

/** What is not healed yet, in words; null when everything is. */
export function unhealed(clients: readonly SimClient[], history: OneHistory): string | null {
  for (const client of clients) {
    const { core } = client;
    if (core === null || core.status === 'closed') continue;
    if (core.status !== 'open') return `${client.name} is ${core.status}`;
    for (const [room, { core: joined, view }] of client.rooms) {
      const record = history.room(room).last;
      const what = `${client.name} in ${room}`;
      if (joined.phase !== 'joined' || !joined.attached)
        return `${what} is ${joined.phase}, attached ${joined.attached}`;
      if (joined.undone > 0) return `${what} has ${joined.undone} commands undone`;
      if (record === null || view.epoch !== record.epoch || view.seq !== record.end) {
        return `${what} is at ${view.epoch}/${view.seq}, the room at ${record?.epoch}/${record?.end}`;
      }
    }
  }
  return null;
}
