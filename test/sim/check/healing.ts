/**
 * After the last fault everything heals within a bound: all clients of a room stand at its end, hold the same room, no
 * command is undone, and of each session one connection is left (P4).
 */
import type { ClientCore } from '../../../src/client/client-core.ts';
import type { SimClient } from '../sim-client.ts';
import type { OneHistory } from './one-history.ts';

export const HEAL_WITHIN_MS = 90_000;

/** What is not healed yet, in words; null when everything is. */
export function unhealed(
  clients: readonly SimClient[],
  history: OneHistory,
  lives: (node: string) => boolean,
): string | null {
  const open = new Map<string, { readonly name: string; readonly generation: string }>();
  for (const client of clients) {
    const { core, name } = client;
    if (core === null || core.status === 'closed') continue;
    if (core.status !== 'open') return `${name} is ${core.status}`;
    const { sid, generation } = sessionOf(core);
    const other = open.get(sid);
    // Two nodes that resumed it without the store may have counted alike; then both stay.
    if (other && other.generation !== generation) return `${other.name} and ${name} are both connected, in one session`;
    open.set(sid, { name, generation });
    for (const [room, { core: joined, view }] of client.rooms) {
      const record = history.room(room).standing(lives);
      const what = `${name} in ${room}`;
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

/** Of its connection, by the resume token that came with it. */
function sessionOf({ resume }: ClientCore): { sid: string; generation: string } {
  const [sid = '', generation = ''] = (resume ?? '').split('.');
  return { sid, generation };
}
