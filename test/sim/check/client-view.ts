/**
 * What one client's app sees of one room, over whatever connections: [P6] [P7] each snapshot is the room as the events
 * from its start make it; [P12] epochs do not go back, unless the store has forgotten the last; [P13] [P14] events follow each
 * other without a hole, and only a snapshot may jump; [P8] `me` is the session's own member.
 */
import type { SnapshotKind } from '../../../src/client/observer.ts';
import type { Member, Snapshot } from '../../../src/client/room-view.ts';
import { STATUS } from '../../../src/protocol/op.ts';
import type { RosterEntry, ServerEvent } from '../../../src/protocol/server-reader.ts';
import { latin1 } from '../command-id.ts';
import { Replica } from './replica.ts';
import type { Report } from './report.ts';
import { eventText, type RoomRecord, sameEvent } from './room-record.ts';

export class ClientView {
  epoch = 0;
  seq = 0;
  me = 0;
  resumes = 0;
  snapshots = 0;
  readonly #name: string;
  readonly #room: RoomRecord;
  readonly #user: () => string;
  readonly #report: Report;

  constructor(client: string, room: RoomRecord, user: () => string, report: Report) {
    this.#name = `${client} in ${room.name}`;
    this.#room = room;
    this.#user = user;
    this.#report = report;
  }

  snapshot(kind: SnapshotKind, snapshot: Snapshot, me: number, cseq: number): void {
    const { epoch, seq, roster, state } = snapshot;
    const what = `${this.#name}: ${kind} ${epoch}/${seq}`;
    if (epoch < this.epoch && this.#room.find(this.epoch)?.isForgotten !== true) {
      return this.#report('P12', `${what} comes after epoch ${this.epoch}`);
    }
    const record = this.#room.find(epoch);
    const shown = replicaOf(state, roster);
    if (record && !this.#room.copyEndsAt(record, seq)) {
      return this.#report('P18', `${what} is before the end of ${record.copyOf?.epoch}/${record.copyOf?.end}`);
    }
    record?.learn(seq, shown);
    const digest = record?.digestAt(seq) ?? null;
    if (record === null || digest === null) {
      return this.#report('P6', `${what} is a place where the room never was (${record?.base}–${record?.end})`);
    }
    if (shown.digest !== digest) {
      const truth = record.replicaAt(seq);
      return this.#report('P6', `${what} shows\n  ${shown.describe()}\nthe events make it\n  ${truth.describe()}`);
    }
    this.snapshots++;
    this.#own(what, shown, me);
    this.#counted(what, epoch, seq, me, cseq);
    Object.assign(this, { epoch, seq, me });
  }

  resumed(epoch: number, seq: number, me: number, cseq: number): void {
    const what = `${this.#name}: P7 ${epoch}/${seq}`;
    const fits = epoch === this.epoch ? seq <= this.seq : epoch > this.epoch && seq === this.seq;
    if (!fits) this.#report('P7', `${what} does not continue ${this.epoch}/${this.seq}`);
    const record = this.#room.find(epoch);
    const known = this.#room.find(this.epoch)?.toldIn(this.seq) ?? null;
    if (epoch > this.epoch && record && record.sharedWith(seq, known, seq) < seq) {
      this.#report('P7', `${what} does not go on from ${this.epoch}/${this.seq}`);
    }
    const user = record?.head.roster.get(me)?.user;
    if (user !== undefined && user !== this.#user()) {
      this.#report('P8', `${what}: me ${me} is ${user}, the session is ${this.#user()}`);
    }
    this.#counted(what, epoch, seq, me, cseq);
    this.resumes++;
    this.epoch = epoch;
    this.me = me;
  }

  events(epoch: number, first: number, events: readonly ServerEvent[]): void {
    const what = (): string => `${this.#name}: events ${epoch}/${first}+${events.length}`;
    if (epoch !== this.epoch || first !== this.seq + 1) {
      return this.#report('P13', `${what()} come after ${this.epoch}/${this.seq}`);
    }
    const record = this.#room.find(epoch);
    for (const [i, event] of events.entries()) {
      const known = record ? this.#room.heard(record, first + i, event) : undefined;
      if (!sameEvent(known, event)) {
        return this.#report('P11', `${what()}: ${eventText(event)}, published was ${eventText(known)}`);
      }
    }
    this.seq += events.length;
  }

  /** The client's own copy of the room, compared at any time. */
  shows(state: ReadonlyMap<string, Uint8Array>, roster: ReadonlyMap<number, Member>): void {
    const record = this.#room.find(this.epoch);
    const entries = [...roster].map(([member, { user, status, meta }]): RosterEntry => {
      return { member, user, status: status === 'here' ? STATUS.here : STATUS.away, meta };
    });
    const shown = replicaOf(state, entries);
    if (record && shown.digest === record.digestAt(this.seq)) return;
    const truth = record?.replicaAt(this.seq).describe();
    const text = `${this.#name} at ${this.epoch}/${this.seq} has\n  ${shown.describe()}\nthe events make it\n  ${truth}`;
    this.#report('P7', text);
  }

  #own(what: string, shown: Replica, me: number): void {
    if (!this.#room.hasPresence) return;
    const member = shown.roster.get(me);
    if (member?.user !== this.#user()) {
      this.#report('P8', `${what}: me ${me} is ${member?.user ?? 'nobody'}, the session is ${this.#user()}`);
    } else if (member.status !== STATUS.here) this.#report('P8', `${what}: me ${me} is away`);
  }

  /** `cseq` covers every command of this member up to `seq`. */
  #counted(what: string, epoch: number, seq: number, me: number, cseq: number): void {
    const record = this.#room.find(epoch);
    for (let at = seq; record && at > record.base; at--) {
      const event = record.at(at);
      if ((event?.kind !== 'message' && event?.kind !== 'state') || event.member !== me) continue;
      if (event.cseq > cseq) this.#report('P8', `${what}: cseq ${cseq}, event ${at} has ${event.cseq} already`);
      return;
    }
  }
}

function replicaOf(state: ReadonlyMap<string, Uint8Array>, roster: readonly RosterEntry[]): Replica {
  const replica = new Replica();
  for (const [key, value] of state) replica.set(key, latin1(value));
  for (const { member, user, status, meta } of roster)
    replica.put(member, { user, status, meta: meta && latin1(meta) });
  return replica;
}
