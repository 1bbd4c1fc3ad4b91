/**
 * [P11] All receivers see the same events under the same (epoch, seq). [P18] What was told is in the history that the
 * room keeps: a new owner may take events back only after the one before it was lost, and never those of a `log` room.
 *
 * Builds the record of each room from the claims in the store and the frames that owners publish; other checkers read it.
 */
import type { Claim, ClaimRequest, NodeKey } from '../../../src/cluster/ports.ts';
import { readEvents, type ServerEvent } from '../../../src/protocol/server-reader.ts';
import { decodeMember } from '../../../src/room/member.ts';
import type { Commit, LogAppend, WriteResult } from '../../../src/room/ports.ts';
import { isPhantom, latin1 } from '../command-id.ts';
import { Replica } from './replica.ts';
import type { Report } from './report.ts';
import { EpochRecord, eventText, RoomRecord, sameEvent } from './room-record.ts';

type RoomPlan = Pick<RoomRecord, 'name' | 'durability' | 'hasPresence'>;

/** Told of each event once, when its owner publishes it. */
export type OnEvent = (room: RoomRecord, epoch: EpochRecord, seq: number, event: ServerEvent) => void;

export class OneHistory {
  readonly rooms = new Map<string, RoomRecord>();
  /** Events that a new owner did not have. */
  takenBack = 0;
  /** Epochs whose beginning nobody saw published: the store held more than was told. */
  adopted = 0;
  readonly #report: Report;
  readonly #onEvent: OnEvent;
  /** `room/epoch` of those that were deleted by their owner. */
  readonly #ended = new Set<string>();

  constructor(plans: readonly RoomPlan[], report: Report, onEvent: OnEvent) {
    this.#report = report;
    this.#onEvent = onEvent;
    for (const { name, durability, hasPresence } of plans) {
      this.rooms.set(name, new RoomRecord(name, durability, hasPresence));
    }
  }

  room(name: string): RoomRecord {
    const room = this.rooms.get(name);
    if (!room) throw new Error(`no room ${name} in this run`);
    return room;
  }

  claimed({ room: name, self: by, dead }: Pick<ClaimRequest, 'room' | 'self' | 'dead'>, claim: Claim): void {
    if (claim.kind === 'other') return;
    const room = this.room(name);
    const { epoch, record } = claim;
    const before = room.last;
    if (before && epoch <= before.epoch) this.#report('P12', `${name}: epoch ${epoch} claimed after ${before.epoch}`);
    for (const entry of record?.log ?? []) this.#logged(room, entry.frame);
    const base = record?.log.at(-1)?.seq ?? record?.seq ?? 0;
    // A room that is kept nowhere begins anew with each owner, though its seq may go on.
    const parent = record === null || room.durability === 'none' ? null : before;
    const life = parent ? parent.life : (before?.life ?? 0) + 1;
    if (parent && base < parent.base)
      this.#report('P11', `${name}: seq fell from ${parent.base} to ${base} in the store`);
    this.#judgeLoss(room, before, parent ? base : -1, dead);
    const start = parent && base <= parent.end ? parent.replicaAt(base) : this.#adopt(room, claim, base);
    start.allAway();
    room.epochs.push(new EpochRecord(epoch, by, base, parent, life, start));
  }

  committed({ room, epoch, seq }: Pick<Commit, 'room' | 'epoch' | 'seq'>, result: WriteResult): void {
    const record = this.room(room).find(epoch);
    if (record && result === 'written') record.durableSeq = Math.max(record.durableSeq, seq);
  }

  appended({ room, epoch, seq }: Pick<LogAppend, 'room' | 'epoch' | 'seq'>, result: WriteResult): void {
    this.committed({ room, epoch, seq }, result);
  }

  released(room: string, epoch: number, ttlMs: number, isDone: boolean): void {
    if (!isDone || ttlMs > 0) return;
    this.#ended.add(`${room}/${epoch}`);
    const record = this.room(room);
    record.wasClosed ||= record.durability !== 'none';
  }

  /** A node hands this to its sockets: as the room's owner, or as an edge. */
  published(node: NodeKey, topic: string, frame: Uint8Array): void {
    const name = topic.slice(0, topic.lastIndexOf('#'));
    const room = this.room(name);
    const read = room.readNew(frame);
    if (!read) return;
    const record = room.find(read.epoch);
    const what = (): string => `${name} ${read.epoch}/${read.first}+${read.events.length}`;
    if (topic !== `${read.room}#${read.epoch}`) return this.#report('P11', `${what()} is published as ${topic}`);
    if (!record) return this.#report('P11', `${what()} is published, and nobody claimed that epoch`);
    if (read.first > record.end + 1) return this.#report('P11', `${what()} is published after ${record.end}`);
    const isNew = read.first + read.events.length - 1 > record.end;
    if (isNew && record.node !== node) {
      return this.#report('P11', `${what()} is published by ${node}, but ${record.node} owns the room`);
    }
    this.#take(room, record, read.first, read.events);
    if (room.durability === 'log' && record.durableSeq < record.end) {
      this.#report('P18', `${what()} is published, and the log holds ${record.durableSeq}`);
    }
  }

  /** A client got this frame. */
  received(client: string, frame: Uint8Array, name: string): void {
    const room = this.room(name);
    const read = room.readNew(frame);
    if (!read) return;
    const record = room.find(read.epoch);
    for (const [i, event] of read.events.entries()) {
      const seq = read.first + i;
      const known = record && seq > record.base ? record.at(seq) : undefined;
      if (sameEvent(known, event)) continue;
      const text = `${client} got ${name} ${read.epoch}/${seq} as ${eventText(event)}, published was ${eventText(known)}`;
      return this.#report('P11', text);
    }
  }

  #take(room: RoomRecord, record: EpochRecord, first: number, events: readonly ServerEvent[]): void {
    for (const [i, event] of events.entries()) {
      const seq = first + i;
      if (seq > record.end) {
        if (hasPhantom(event)) this.#report('P15', `${room.name} ${seq} holds what a handler had undone`);
        record.push(event);
        this.#onEvent(room, record, seq, event);
      } else if (seq > record.base && !sameEvent(record.at(seq), event)) {
        const both = `${eventText(event)} and ${eventText(record.at(seq))}`;
        this.#report('P11', `${room.name} ${record.epoch}/${seq} is two events: ${both}`);
      }
    }
  }

  /** In the log and published by nobody: its owner died in between. */
  #logged(room: RoomRecord, frame: Uint8Array): void {
    const { epoch, first, events } = readEvents(frame.slice());
    const record = room.find(epoch);
    if (!record || first > record.end + 1) return;
    this.#take(room, record, first, events);
  }

  #judgeLoss(room: RoomRecord, before: EpochRecord | null, kept: number, dead: NodeKey | null): void {
    const lost = (before?.end ?? 0) - Math.max(kept, 0);
    if (!before || lost <= 0) return;
    // A room of durability `none`, or one that its code has closed, is over when its owner gives it up.
    if (kept === -1 && (room.durability === 'none' || this.#ended.has(`${room.name}/${before.epoch}`))) return;
    this.takenBack += lost;
    const what = `${room.name}: a new owner has ${kept}, published was ${before.end} by ${before.node}`;
    if (room.durability === 'log') this.#report('P18', what);
    else if (dead === null) this.#report('P18', `${what}, which gave the room up in peace`);
  }

  /** The store holds more than was published: nobody was told, so the store's word is the truth. */
  #adopt(room: RoomRecord, claim: Claim & { kind: 'owned' }, base: number): Replica {
    const replica = new Replica();
    const { record } = claim;
    if (record === null || room.durability === 'none') return replica;
    this.adopted++;
    room.hasUnseen = true;
    if (room.durability !== 'log') {
      this.#report('P11', `${room.name}: the store holds ${base}, published was ${room.last?.end ?? 0}`);
    }
    for (const [key, value] of record.state) replica.set(key, latin1(value));
    for (const [number, value] of room.hasPresence ? record.members : []) {
      const { user, meta } = decodeMember(number, value);
      replica.put(number, { user, status: 0, meta: meta && latin1(meta) });
    }
    for (const entry of record.log) {
      const { first, events } = readEvents(entry.frame.slice());
      for (const [i, event] of events.entries()) if (first + i > record.seq) replica.apply(event);
    }
    return replica;
  }
}

function hasPhantom(event: ServerEvent): boolean {
  if (event.kind === 'message') return isPhantom(event.payload);
  return event.kind === 'state' && [...event.set.values()].some(isPhantom);
}
