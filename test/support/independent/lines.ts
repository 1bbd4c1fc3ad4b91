/**
 * The line of events that a room kept in the end, and what new owners took back from it.
 *
 * An owner that dies, or loses its claim while it goes on (P18), may have told events that the next epoch does not
 * know. Where an epoch begins is what its first JOINED, SYNC, POSITION and EVENTS say; all that earlier epochs hold
 * beyond that place is taken back. The first answers of a new owner may come late, behind events that nobody was there
 * to see; then the cseq that it tells each member (P8) says which of the commands seen before it does not know.
 *
 * Reading of PROTOCOL.md taken here: a place `(epoch, seq)` holds one event, but an event may be told under more than one
 * epoch. Who has not heard of the new one yet may be told its first events under the old one.
 *
 * Each line that was cut stays as it was, since its snapshots have to agree with its events as well.
 */
import type { Seen, Violation } from './history.ts';
import type { Entry, RoomLedger } from './ledger.ts';

export type Jump = Extract<Entry, { what: 'jump' }> & { readonly player: string };

/** Events and snapshots of one course of things, by epoch and seq. */
export interface Line {
  readonly events: readonly Seen[];
  readonly jumps: readonly Jump[];
}

export interface Lines {
  readonly kept: Line;
  /** As they stood when a new epoch cut them. */
  readonly cut: readonly Line[];
  readonly takenBack: readonly Seen[];
  readonly violations: readonly Violation[];
}

/** What a member was told of itself when it first heard of an epoch. */
interface Welcome {
  readonly me: number;
  readonly cseq: number;
}

/** How an epoch began, by all that anyone was told of it. */
interface Begin {
  /** No later than this seq. */
  seq: number;
  readonly welcomes: Welcome[];
}

export function followLines(room: string, ledgers: readonly RoomLedger[], history: readonly Seen[]): Lines {
  const jumps = ledgers.flatMap((ledger) =>
    ledger.entries.flatMap((entry): Jump[] => (entry.what === 'jump' ? [{ ...entry, player: ledger.player }] : [])),
  );
  const cut: Line[] = [];
  const takenBack: Seen[] = [];
  const violations: Violation[] = [];
  let kept: Line = { events: [], jumps: [] };
  for (const [epoch, begin] of epochBegins(ledgers)) {
    const base = Math.min(begin.seq, lastKnown(kept.events, begin.welcomes));
    const events = history.filter((seen) => seen.epoch === epoch);
    const now = new Map(events.map(({ seq, text }) => [seq, text]));
    const gone = kept.events.filter(({ seq, text }) => seq > base && now.get(seq) !== text);
    const before = { events: upTo(kept.events, base), jumps: upTo(kept.jumps, base) };
    if (gone.length > 0 || before.jumps.length < kept.jumps.length) cut.push(kept);
    takenBack.push(...gone);
    for (const text of halfKept(gone, begin.welcomes)) {
      violations.push({ rule: 'P11', harm: 'lost', room, player: '', text: `epoch ${epoch}: ${text}` });
    }
    const own = jumps.filter((jump) => jump.epoch === epoch).sort((a, b) => a.seq - b.seq);
    kept = { events: [...before.events, ...events], jumps: [...before.jumps, ...own] };
  }
  return { kept, cut, takenBack, violations };
}

const upTo = <T extends { readonly seq: number }>(rows: readonly T[], base: number): T[] =>
  rows.filter(({ seq }) => seq <= base);

/** The last event before the first that a welcome does not know. */
function lastKnown(events: readonly Seen[], welcomes: readonly Welcome[]): number {
  const known = new Map(welcomes.map(({ me, cseq }) => [me, cseq]));
  const unknown = events.find(({ event }) => cseqOf(event) > (known.get(event.member) ?? Number.POSITIVE_INFINITY));
  return unknown === undefined ? Number.POSITIVE_INFINITY : unknown.seq - 1;
}

/** Events that are gone, while the new owner says that it has their commands: it kept a later one without an earlier one. */
function halfKept(gone: readonly Seen[], welcomes: readonly Welcome[]): string[] {
  const known = new Map(welcomes.map(({ me, cseq }) => [me, cseq]));
  return gone
    .filter(({ event }) => cseqOf(event) > 0 && cseqOf(event) <= (known.get(event.member) ?? -1))
    .map(({ epoch, seq, event }) => `has cseq ${cseqOf(event)} of ${event.member}, but not ${epoch}:${seq} before it`);
}

const cseqOf = (event: Seen['event']): number => ('cseq' in event ? event.cseq : 0);

function epochBegins(ledgers: readonly RoomLedger[]): readonly (readonly [number, Begin])[] {
  const begins = new Map<number, Begin>();
  for (const { entries } of ledgers) {
    const welcomed = new Set<number>();
    for (const entry of entries) {
      const begin = begins.get(entry.epoch) ?? { seq: Number.POSITIVE_INFINITY, welcomes: [] };
      begins.set(entry.epoch, begin);
      begin.seq = Math.min(begin.seq, entry.what === 'events' ? entry.first - 1 : entry.seq);
      if (!('me' in entry) || welcomed.has(entry.epoch)) continue;
      welcomed.add(entry.epoch);
      begin.welcomes.push({ me: entry.me, cseq: entry.cseq });
    }
  }
  return [...begins].sort(([a], [b]) => a - b);
}
