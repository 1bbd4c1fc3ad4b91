/**
 * [P15] [P16] [P17] Each command takes effect at most once in the history that the room keeps, in the order in which its
 * sender gave them; what was told done took effect, and what was refused did not.
 */
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import { idsOf } from '../command-id.ts';
import type { EpochRecord } from './epoch-record.ts';
import type { Report } from './report.ts';
import type { RoomRecord } from './room-record.ts';

/** `unknown`: its sender is gone, or was told that it will not learn. */
type Outcome = 'open' | 'done' | 'refused' | 'unknown';

export interface GivenCommand {
  readonly id: string;
  readonly room: string;
  /** One client's life in one room: order is kept within it. */
  readonly sender: string;
  /** Its session's user, once that is known. */
  readonly user: () => string;
  /** Grows within the sender. */
  readonly order: number;
  /** Whether "done" says that it took effect: not for one that may be refused, where the ERROR may get lost. */
  readonly isCertain: () => boolean;
  outcome: Outcome;
}

/** Errors after which a command has surely not taken effect. */
const REFUSED = new Set(['forbidden', 'too-large']);

export class Commands {
  readonly given = new Map<string, GivenCommand>();
  readonly #report: Report;
  /** Ids with an event in any epoch. */
  readonly #happened = new Set<string>();

  constructor(report: Report) {
    this.#report = report;
  }

  give(command: Omit<GivenCommand, 'outcome'>): void {
    this.given.set(command.id, { ...command, outcome: 'open' });
  }

  ended(id: string, error: string | null): void {
    const command = this.given.get(id);
    if (!command) return;
    if (command.outcome !== 'open') this.#report('P15', `command ${id} ended twice: ${command.outcome}, then ${error}`);
    command.outcome = error === null ? 'done' : REFUSED.has(error) ? 'refused' : 'unknown';
  }

  /** The SDK refused to take it. */
  neverSent(id: string): void {
    this.ended(id, 'forbidden');
  }

  /** Its sender is gone. */
  abandoned(sender: string): void {
    for (const command of this.given.values()) {
      if (command.sender === sender && command.outcome === 'open') command.outcome = 'unknown';
    }
  }

  event(room: RoomRecord, epoch: EpochRecord, seq: number, event: ServerEvent): void {
    for (const id of commandIds(event)) {
      this.#happened.add(id);
      const command = this.given.get(id);
      const what = (): string => `${room.name} ${epoch.epoch}/${seq}: command ${id}`;
      if (!command || command.room !== room.name) {
        this.#report('P15', `${what()} was never given there`);
        continue;
      }
      const by = event.member === 0 ? undefined : epoch.head.roster.get(event.member)?.user;
      if (by !== undefined && by !== command.user())
        this.#report('P15', `${what()} of ${command.user()} counts as ${by}'s`);
      if (command.outcome === 'refused') this.#report('P15', `${what()} takes effect, and was refused`);
    }
  }

  /** At the end of a run, or at any time. */
  judge(rooms: ReadonlyMap<string, RoomRecord>, lives: (node: string) => boolean): void {
    for (const room of rooms.values()) this.#judgeRoom(room, lives);
    for (const { id, room, outcome, isCertain } of this.given.values()) {
      if (outcome !== 'done' || !isCertain() || this.#happened.has(id) || rooms.get(room)?.hasUnseen) continue;
      this.#report('P15', `${room}: ${id} was told done, no event has it`);
    }
  }

  #judgeRoom(room: RoomRecord, lives: (node: string) => boolean): void {
    const seen = new Map<string, number>();
    const lastOf = new Map<string, GivenCommand>();
    const cseqOf = new Map<number, number>();
    room.standing(lives)?.forEachKept((seq, event) => {
      if ((event.kind === 'message' || event.kind === 'state') && event.member !== 0) {
        const before = cseqOf.get(event.member) ?? 0;
        if (event.cseq <= before) this.#report('P15', `${room.name} ${seq}: cseq ${event.cseq} after ${before}`);
        cseqOf.set(event.member, event.cseq);
      }
      for (const id of commandIds(event)) {
        const first = seen.get(id);
        if (first !== undefined) this.#report('P17', `${room.name}: ${id} took effect at ${first} and at ${seq}`);
        seen.set(id, seq);
        const command = this.given.get(id);
        if (!command) continue;
        const last = lastOf.get(command.sender);
        if (last && last.order > command.order) {
          this.#report('P15', `${room.name} ${seq}: ${id} takes effect after ${last.id} of the same sender`);
        }
        lastOf.set(command.sender, command);
      }
    });
  }
}

/** The commands that an event is the effect of. What rooms with code write to their state is told by a message besides. */
function commandIds(event: ServerEvent): string[] {
  if (event.kind === 'message') return idsOf(event.payload);
  if (event.kind !== 'state' || event.member === 0) return [];
  return [...new Set([...event.set.values()].flatMap(idsOf))];
}
