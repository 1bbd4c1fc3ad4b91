/** Two hand-written ledgers of one room that are right, and the rows to write more with. */
import { bytesOf } from '../../support/independent/client-frames.ts';
import type { RoomEvent, RosterRow } from '../../support/independent/frames.ts';
import { type Entry, newLedger, type RoomLedger } from '../../support/independent/ledger.ts';

export const room = 'demo:1';
export const epoch = 1000;

export const message = (member: number, cseq: number, id: string): RoomEvent => ({
  kind: 'message',
  member,
  cseq,
  payload: bytesOf(`${id}|`),
});
export const joined = (member: number): RoomEvent => ({ kind: 'joined', member, user: `guest:${member}`, meta: null });
export const events = (first: number, list: readonly RoomEvent[], more: Partial<Entry> = {}): Entry =>
  ({ what: 'events', link: 1, epoch, first, events: list, ...more }) as Entry;
export const row = (member: number, status = 1): RosterRow => ({ member, user: `guest:${member}`, status, meta: null });
export const jump = (seq: number, me: number, roster: readonly RosterRow[], more: Partial<Entry> = {}): Entry =>
  ({ what: 'jump', link: 1, cause: 'joined', epoch, seq, me, cseq: 0, roster, state: new Map(), ...more }) as Entry;
export const resumed = (since: number, seq: number, me: number): Entry => ({
  what: 'resumed',
  link: 1,
  since: { epoch, seq: since },
  epoch,
  seq,
  me,
  cseq: 0,
});

export interface Pair {
  readonly a: RoomLedger;
  readonly b: RoomLedger;
}

/** a joins (1), b joins (2), then a1, a2 of a and b1 of b: seq 3, 4, 5. */
export function pair(): Pair {
  const a = newLedger('a', room);
  const b = newLedger('b', room);
  a.status = 'in';
  b.status = 'in';
  a.entries.push(jump(1, 1, [row(1)]), events(2, [joined(2)]));
  b.entries.push(jump(2, 2, [row(1), row(2)]));
  for (const ledger of [a, b]) {
    ledger.entries.push(events(3, [message(1, 1, 'a1')]), events(4, [message(1, 2, 'a2'), message(2, 1, 'b1')]));
  }
  a.commands.set('a1', 'passed').set('a2', 'passed');
  b.commands.set('b1', 'passed');
  return { a, b };
}

export const judged = (ledger: RoomLedger) => ({
  name: ledger.player,
  faults: [],
  ledgers: new Map([[room, ledger]]),
});

/** Adds what both see next. */
export function both({ a, b }: Pair, ...entries: Entry[]): void {
  a.entries.push(...entries);
  b.entries.push(...entries);
}
