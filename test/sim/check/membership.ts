/**
 * [P8] [P9] A session has one member number in a room while its membership lasts, and nobody else ever gets that number: not in
 * what comes after a loss either, where some may still believe in who had it. [P10] Only who is away runs out of grace time.
 */
import { LEFT_REASON, STATUS } from '../../../src/protocol/op.ts';
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import type { EpochRecord } from './epoch-record.ts';
import type { Report } from './report.ts';
import type { RoomRecord } from './room-record.ts';

interface Given {
  readonly epoch: EpochRecord;
  readonly seq: number;
  readonly user: string;
}

export class OneMembership {
  readonly #report: Report;
  /** Who got each number, by room; in histories that the room did not keep as well. */
  readonly #given = new Map<string, Given[]>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(room: RoomRecord, epoch: EpochRecord, seq: number, event: ServerEvent): void {
    if (event.kind === 'left') return this.#left(room, epoch, seq, event);
    if (event.kind !== 'joined') return;
    const { member, user } = event;
    const at = `${room.name}/${member}`;
    const given = this.#given.get(at) ?? [];
    this.#given.set(at, given);
    // What the store has forgotten nobody can go on from, and a room that was deleted is another one.
    const counts = (other: Given): boolean =>
      epoch.goesOnFrom(other.epoch, other.seq) || (!other.epoch.isForgotten && !room.wasClosed);
    const before = given.find((other) => other.user !== user && rootOf(epoch) === rootOf(other.epoch) && counts(other));
    if (before) {
      this.#report('P8', `${room.name} ${epoch.epoch}/${seq}: number ${member} of ${before.user} is given to ${user}`);
    }
    given.push({ epoch, seq, user });
    for (const [number, other] of epoch.head.roster) {
      if (number === member || other.user !== user) continue;
      this.#report('P9', `${room.name} ${epoch.epoch}/${seq}: ${user} joined as ${member} and is ${number} already`);
    }
  }

  #left(room: RoomRecord, epoch: EpochRecord, seq: number, { member, reason }: ServerEvent & { kind: 'left' }): void {
    const status = epoch.head.roster.get(member)?.status;
    if (reason !== LEFT_REASON.graceOver || status !== STATUS.here) return;
    this.#report('P10', `${room.name} ${epoch.epoch}/${seq}: the grace time of ${member} is over, and it is here`);
  }
}

/** Where the room began, with nothing in the store. */
function rootOf(epoch: EpochRecord): EpochRecord {
  return epoch.parent ? rootOf(epoch.parent) : epoch;
}
