/**
 * Plays one line of a room's events and holds each snapshot that anyone got (JOINED, SYNC) against it: `seq` is
 * the last event inside (P6), so roster and state at that seq are known. On the way it checks what the roster
 * allows: no member twice, no number again, no event of one who is not there.
 *
 * Reading of PROTOCOL.md taken here: who is away may change with the owner, without events; the first snapshot of an
 * epoch says it.
 */
import type { RosterRow, State } from './frames.ts';
import type { Harm, Seen, Violation } from './history.ts';
import type { Jump, Line } from './lines.ts';

export interface Folded {
  readonly violations: Violation[];
  /** Places of the line that nobody saw as an event. */
  readonly unseen: number;
  /** Those where one epoch ends and the next begins: an owner that dies takes along what it told nobody yet. */
  readonly unseenBetween: number;
  /** Snapshots behind such places, with a state that the events before them did not make. */
  readonly unexplained: readonly string[];
}

export function foldLine(room: string, { events, jumps }: Line): Folded {
  const fold = new Fold(room);
  let next = 0;
  for (const jump of jumps) {
    while (next < events.length && isUpTo(events[next], jump)) fold.apply(events[next++]);
    fold.meet(jump);
  }
  while (next < events.length) fold.apply(events[next++]);
  return fold;
}

const isUpTo = (seen: Seen | undefined, jump: Jump): boolean =>
  seen !== undefined && (seen.epoch < jump.epoch || (seen.epoch === jump.epoch && seen.seq <= jump.seq));

class Fold implements Folded {
  readonly violations: Violation[] = [];
  unseen = 0;
  unseenBetween = 0;
  readonly unexplained: string[] = [];
  readonly #room: string;
  readonly #everJoined = new Set<number>();
  #roster = new Map<number, RosterRow>();
  #state = new Map<string, Uint8Array>();
  #seq: number | null = null;
  #epoch = 0;
  /** The last epoch of which a snapshot was met. */
  #epochMet = 0;

  constructor(room: string) {
    this.#room = room;
  }

  /** A snapshot: the base where the fold has none or missed events, else a witness that must agree. */
  meet(jump: Jump): void {
    const isBetween = this.#seq !== null && jump.epoch > this.#epoch;
    this.#missed(jump.epoch, jump.seq);
    const isFirstOfEpoch = jump.epoch > this.#epochMet;
    this.#epochMet = jump.epoch;
    if (this.#seq === jump.seq) {
      if (isFirstOfEpoch) this.#takeStatus(jump);
      this.#compare(jump);
      return;
    }
    const [state, expected] = [stateText(jump.state), stateText(this.#state)];
    if (isBetween && state !== expected) {
      this.unexplained.push(`state at ${jump.epoch}:${jump.seq} is ${state}, before it ${expected}`);
    }
    this.#roster = new Map(jump.roster.map((row) => [row.member, row]));
    for (const member of this.#roster.keys()) this.#everJoined.add(member);
    this.#state = new Map(jump.state);
    this.#seq = jump.seq;
  }

  apply(seen: Seen | undefined): void {
    if (seen === undefined) return;
    // Nobody has a snapshot this old: a replay brought events from before the first one.
    if (this.#seq === null) return;
    this.#missed(seen.epoch, seen.seq - 1);
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

  /** `upTo`: all before this place has happened. */
  #missed(epoch: number, upTo: number): void {
    const count = this.#seq === null ? 0 : upTo - this.#seq;
    if (epoch > this.#epoch) this.unseenBetween += count;
    else this.unseen += count;
    this.#epoch = epoch;
  }

  #takeStatus(jump: Jump): void {
    for (const { member, status } of jump.roster) {
      const row = this.#roster.get(member);
      if (row !== undefined) this.#roster.set(member, { ...row, status });
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
    const harm: Harm = rule === 'P6' ? 'lost' : 'other';
    this.violations.push({ rule, harm, room: this.#room, player, text });
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
