/** [P8] [P9] A session has one member number in a room while its membership lasts, and nobody else ever gets that number. */
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
    if (event.kind !== 'joined') return;
    const { member, user } = event;
    const at = `${room.name}/${member}`;
    const given = this.#given.get(at) ?? [];
    this.#given.set(at, given);
    const before = given.find((other) => other.user !== user && epoch.goesOnFrom(other.epoch, other.seq));
    if (before) {
      this.#report('P8', `${room.name} ${epoch.epoch}/${seq}: number ${member} of ${before.user} is given to ${user}`);
    }
    given.push({ epoch, seq, user });
    for (const [number, other] of epoch.head.roster) {
      if (number === member || other.user !== user) continue;
      this.#report('P9', `${room.name} ${epoch.epoch}/${seq}: ${user} joined as ${member} and is ${number} already`);
    }
  }
}
