/** [P8] [P9] A session has one member number in a room while its membership lasts, and nobody else ever gets that number. */
import type { ServerEvent } from '../../../src/protocol/server-reader.ts';
import type { Report } from './report.ts';
import type { EpochRecord, RoomRecord } from './room-record.ts';

export class OneMembership {
  readonly #report: Report;
  /** User of each number, by room and life. */
  readonly #users = new Map<string, string>();

  constructor(report: Report) {
    this.#report = report;
  }

  event(room: RoomRecord, epoch: EpochRecord, seq: number, event: ServerEvent): void {
    if (event.kind !== 'joined') return;
    const { member, user } = event;
    const at = `${room.name}/${epoch.life}/${member}`;
    const before = this.#users.get(at);
    if (before !== undefined && before !== user) {
      this.#report('P8', `${room.name} ${epoch.epoch}/${seq}: number ${member} of ${before} is given to ${user}`);
    }
    this.#users.set(at, user);
    for (const [number, other] of epoch.head.roster) {
      if (number === member || other.user !== user) continue;
      this.#report('P9', `${room.name} ${epoch.epoch}/${seq}: ${user} joined as ${member} and is ${number} already`);
    }
  }
}
