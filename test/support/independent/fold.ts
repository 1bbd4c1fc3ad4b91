/**
 * Plays the merged history of a room and holds each snapshot that anyone got (JOINED, SYNC) against it: `seq` is
 * the last event inside (P6), so roster and state at that seq are known. On the way it checks what the roster
 * allows: no member twice, no number again, no event of one who is not there.
 */
import type { RosterRow, State } from './frames.ts';
import type { Seen, Violation } from './history.ts';
import type { Entry, RoomLedger } from './ledger.ts';

type Jump = Extract<Entry, { what: 'jump' }> & { readonly player: string };

export interface Folded {
  readonly violations: Violation[];
  /** Places of the history that nobody saw as an event. */
  readonly unseen: number;
}

export function foldHistory(room: string, ledgers: readonly RoomLedger[], history: readonly Seen[]): Folded {
  const jumps = ledgers
    .flatMap((ledger) =>
      ledger.entries.flatMap((entry): Jump[] => (entry.what === 'jump' ? [{ ...entry, player: ledger.player }] : [])),
    )
    .sort((a, b) => a.epoch - b.epoch || a.seq - b.seq);
  const fold = new Fold(room);
  let next = 0;
  for (const jump of jumps) {
    while (next < history.length && isUpTo(history[next], jump)) fold.apply(history[next++]);
    fold.meet(jump);
  }
  while (next < history.length) fold.apply(history[next++]);
  return { violations: fold.violations, unseen: fold.unseen };
}

const isUpTo = (seen: Seen | undefined, jump: Jump): boolean =>
  seen !== undefined && (seen.epoch < jump.epoch || (seen.epoch === jump.epoch && seen.seq <= jump.seq));

class Fold {
  readonly violations: Violation[] = [];
  unseen = 0;
  readonly #room: string;
  readonly #everJoined = new Set<number>();
  #roster = new Map<number, RosterRow>();
  #state = new Map<string, Uint8Array>();
  #seq: number | null = null;

  constructor(room: string) {
    this.#room = room;
  }

  /** A snapshot: the base where the fold has none or missed events, else a witness that must agree. */
  meet(jump: Jump): void {
    if (this.#seq !== null && jump.seq < this.#seq) {
      this.#report('P18', jump.player, `epoch ${jump.epoch} takes the room back from ${this.#seq} to ${jump.seq}`);
    }
    if (this.#seq === jump.seq) {
      this.#compare(jump);
      return;
    }
    if (this.#seq !== null && jump.seq > this.#seq) this.unseen += jump.seq - this.#seq;
    this.#roster = new Map(jump.roster.map((row) => [row.member, row]));
    for (const member of this.#roster.keys()) this.#everJoined.add(member);
    this.#state = new Map(jump.state);
    this.#seq = jump.seq;
  }

  apply(seen: Seen | undefined): void {
    if (seen === undefined) return;
    // Nobody has a snapshot this old: a replay brought events from before the first one.
    if (this.#seq === null) return;
    if (seen.seq <= this.#seq) {
      this.#report('P11', seen.player, `${seen.epoch}:${seen.seq} comes after ${this.#seq} of an earlier epoch`);
    }
    if (seen.seq > this.#seq + 1) this.unseen += seen.seq - this.#seq - 1;
    this.#seq = seen.seq;
    const { event } = seen;
    const at = `at ${seen.epoch}:${seen.seq}`;
    if (event.kind === 'joined') {
      if (this.#everJoined.has(event.member)) this.#report('P8', seen.player, `member ${event.member} again ${at}`);
      this.#everJoined.add(event.member);
      this.#roster.set(event.member, { member: event.member, user: event.user, status: 1, meta: event.meta });
      return;
    }
    const row = this.#roster.get(event.member);
    if (row === undefined && event.member !== 0) {
      this.#report('P11', seen.player, `${event.kind} of ${event.member}, who is no member, ${at}`);
    }
    if (event.kind === 'left') this.#roster.delete(event.member);
    if (event.kind === 'status' && row !== undefined) this.#roster.set(row.member, { ...row, status: event.status });
    if (event.kind === 'changed') {
      for (const [key, value] of event.set) this.#state.set(key, value);
      for (const key of event.del) this.#state.delete(key);
    }
  }

  #compare(jump: Jump): void {
    const where = `the snapshot at ${jump.epoch}:${jump.seq}`;
    const state = stateText(jump.state);
    const expected = stateText(this.#state);
    if (state !== expected) this.#report('P6', jump.player, `state of ${where} is ${state}, by its events ${expected}`);
    const roster = rosterText(jump.roster);
    const expectedRoster = rosterText([...this.#roster.values()]);
    if (roster !== expectedRoster) {
      this.#report('P6', jump.player, `roster of ${where} is ${roster}, by its events ${expectedRoster}`);
    }
  }

  #report(rule: string, player: string, text: string): void {
    this.violations.push({ rule, room: this.#room, player, text });
  }
}

const hex = (bytes: Uint8Array | null): string => (bytes === null ? 'nil' : Buffer.from(bytes).toString('hex'));

const stateText = (state: State): string =>
  [...state]
    .map(([key, value]) => `${key}=${hex(value)}`)
    .sort()
    .join(' ');

const rosterText = (roster: readonly RosterRow[]): string =>
  [...roster]
    .sort((a, b) => a.member - b.member)
    .map((row) => `${row.member}/${row.user}/${row.status}/${hex(row.meta)}`)
    .join(' ');
