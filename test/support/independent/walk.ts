/**
 * One ledger read from front to back by the rules of order: P6, P7, P8, P12, P13.
 *
 * Readings of PROTOCOL.md taken here: a frame may repeat events (P12 "may overlap"), but a whole frame at or below
 * what earlier frames of this connection brought is seq going back, unless a JOINED or SYNC came between. A hole
 * is no breach as such, one that is never closed is.
 */
import type { Position } from './frames.ts';
import type { Harm, Violation } from './history.ts';
import type { Entry, RoomLedger } from './ledger.ts';

export interface Walk {
  readonly violations: Violation[];
  /** Where the player stood at the end. */
  readonly end: Position | null;
  readonly mes: readonly number[];
  readonly holes: number;
  readonly jumps: number;
  readonly resumes: number;
}

type Of<W extends Entry['what']> = Extract<Entry, { what: W }>;

const HARM: Readonly<Record<string, Harm>> = { P7: 'lost', P12: 'out of order', P13: 'lost' };

export function walkLedger(ledger: RoomLedger): Walk {
  const walker = new Walker(ledger);
  for (const entry of ledger.entries) walker.step(entry);
  return walker.finish();
}

class Walker {
  readonly #ledger: RoomLedger;
  readonly #violations: Violation[] = [];
  readonly #mes: number[] = [];
  #at: Position | null = null;
  #epochNamed = 0;
  #link = 0;
  /** Highest seq that EVENTS brought since the last JOINED or SYNC of this connection. */
  #brought = 0;
  /** A replay is due: the room stood beyond `since` when JOINED came. */
  #isReplayDue = false;
  #open: string | null = null;
  #holes = 0;
  #jumps = 0;
  #resumes = 0;

  constructor(ledger: RoomLedger) {
    this.#ledger = ledger;
  }

  step(entry: Entry): void {
    const isNewLink = entry.link !== this.#link;
    if (isNewLink && (entry.what === 'events' || entry.what === 'position')) {
      this.#report('P6', `connection ${entry.link} brought ${entry.what} before its JOINED`);
    }
    this.#link = entry.link;
    if (entry.what === 'jump') this.#jump(entry, isNewLink);
    else if (entry.what === 'resumed') this.#resumed(entry);
    else if (entry.what === 'events') this.#events(entry);
    else this.#position(entry);
  }

  finish(): Walk {
    if (this.#open !== null && this.#ledger.status === 'in') this.#report('P13', `never closed: ${this.#open}`);
    return {
      violations: this.#violations,
      end: this.#at,
      mes: this.#mes,
      holes: this.#holes,
      jumps: this.#jumps,
      resumes: this.#resumes,
    };
  }

  #jump(entry: Of<'jump'>, isNewLink: boolean): void {
    this.#jumps++;
    const at = this.#at;
    if (at !== null && !isNewLink) {
      if (entry.epoch < at.epoch) this.#report('P12', `${entry.cause}: epoch ${at.epoch} → ${entry.epoch}`);
      if (entry.epoch === at.epoch && entry.seq < at.seq) {
        this.#report('P12', `${entry.cause}: seq ${at.seq} → ${entry.seq} within one epoch`);
      }
    }
    if (entry.roster.length > 0 && !entry.roster.some((row) => row.member === entry.me)) {
      this.#report('P6', `the roster at ${entry.seq} does not hold its own member ${entry.me}`);
    }
    this.#at = { epoch: entry.epoch, seq: entry.seq };
    this.#announced(entry);
    this.#isReplayDue = false;
  }

  #resumed(entry: Of<'resumed'>): void {
    this.#resumes++;
    if (entry.epoch < entry.since.epoch || entry.seq < entry.since.seq) {
      this.#report('P7', `resumed from ${show(entry.since)}, but the room stands at ${show(entry)}`);
    }
    if (this.#at?.seq === entry.seq) this.#at = { epoch: entry.epoch, seq: entry.seq };
    this.#announced(entry);
    this.#isReplayDue = entry.seq > entry.since.seq;
  }

  #announced(entry: Of<'jump'> | Of<'resumed'>): void {
    this.#epochNamed = Math.max(this.#epochNamed, entry.epoch);
    this.#brought = 0;
    this.#open = null;
    if (this.#mes.at(-1) !== entry.me) this.#mes.push(entry.me);
  }

  #events(entry: Of<'events'>): void {
    const at = this.#at;
    if (at === null) return;
    const end = entry.first + entry.events.length - 1;
    if (entry.epoch < at.epoch) {
      this.#report('P12', `EVENTS of epoch ${entry.epoch} after ${show(at)}`);
      return;
    }
    if (entry.epoch === at.epoch && end <= this.#brought) {
      this.#report('P12', `EVENTS ${entry.first}..${end} after ${this.#brought} had come`);
    }
    if (entry.epoch > this.#epochNamed) {
      this.#hole(`epoch ${entry.epoch}, which no JOINED or SYNC named`);
      return;
    }
    if (entry.first > at.seq + 1) {
      if (this.#isReplayDue) this.#report('P7', `resumed at ${at.seq}, then EVENTS from ${entry.first}`);
      this.#isReplayDue = false;
      this.#hole(`EVENTS from ${entry.first} after ${at.seq}`);
      return;
    }
    this.#isReplayDue = false;
    if (end > at.seq) this.#at = { epoch: entry.epoch, seq: end };
    if (entry.epoch > at.epoch) this.#brought = 0;
    this.#brought = Math.max(this.#brought, end);
    if (this.#open?.startsWith('POSITION')) this.#open = null;
  }

  #position(entry: Of<'position'>): void {
    const at = this.#at;
    if (at === null) return;
    const isBeyond = entry.epoch > at.epoch || (entry.epoch === at.epoch && entry.seq > at.seq);
    if (isBeyond) this.#hole(`POSITION ${show(entry)} after ${show(at)}`);
  }

  #hole(text: string): void {
    if (this.#open === null) this.#holes++;
    this.#open ??= text;
  }

  #report(rule: string, text: string): void {
    const harm = HARM[rule] ?? 'other';
    this.#violations.push({ rule, harm, room: this.#ledger.room, player: this.#ledger.player, text });
  }
}

const show = (position: Position): string => `${position.epoch}:${position.seq}`;
