/**
 * [P11] All receivers see the same events under the same (epoch, seq), and only its owner writes to the store in an epoch.
 * [P12] Epochs grow, unless the store has forgotten the last.
 *
 * Builds the record of each room from the claims in the store and the frames that owners publish; other checkers read it.
 */
import type { Claim, ClaimRequest, NodeKey } from '../../../src/cluster/ports.ts';
import { STATUS } from '../../../src/protocol/op.ts';
import { readEvents, type ServerEvent } from '../../../src/protocol/server-reader.ts';
import { decodeMember } from '../../../src/room/member.ts';
import type { Commit, CommitResult, LogAppend, WriteResult } from '../../../src/room/ports.ts';
import { isPhantom, latin1 } from '../command-id.ts';
import type { Kept, RoomMark } from '../store/room-mark.ts';
import { EpochRecord } from './epoch-record.ts';
import { Losses } from './losses.ts';
import { Replica } from './replica.ts';
import { NOT_JUDGED, type Report } from './report.ts';
import { eventText, type OnEvent, RoomRecord, sameEvent } from './room-record.ts';

type RoomPlan = Pick<RoomRecord, 'name' | 'durability' | 'hasPresence'>;

type Stored<K> = Iterable<readonly [key: K, value: Uint8Array | null]>;
type Committed = Pick<Commit, 'room' | 'owner' | 'epoch' | 'seq' | 'set' | 'members' | 'whole'>;
type Appended = Pick<LogAppend, 'room' | 'owner' | 'epoch' | 'seq'>;
type ClaimedWith = Pick<ClaimRequest, 'room' | 'self' | 'dead' | 'copy'>;

export class OneHistory {
  readonly rooms = new Map<string, RoomRecord>();
  readonly losses: Losses;
  /** Epochs whose beginning nobody saw published: the store held more than was told. */
  adopted = 0;
  readonly #report: Report;

  constructor(plans: readonly RoomPlan[], report: Report, onEvent: OnEvent) {
    this.#report = report;
    this.losses = new Losses(report);
    for (const { name, durability, hasPresence } of plans) {
      this.rooms.set(name, new RoomRecord(name, durability, hasPresence, onEvent));
    }
  }

  room(name: string): RoomRecord {
    const room = this.rooms.get(name);
    if (!room) throw new Error(`no room ${name} in this run`);
    return room;
  }

  /** `kept`: what the store model says that it had of the room. */
  claimed({ room: name, self: by, dead, copy }: ClaimedWith, claim: Claim, kept: Kept | null): void {
    if (claim.kind === 'other') return;
    const room = this.room(name);
    const { epoch, record } = claim;
    const before = room.last;
    if (room.find(epoch)?.isForgotten) return this.#report(NOT_JUDGED, `${name}: ${epoch} is given out again`);
    if (before && (room.find(epoch) || (epoch < before.epoch && !before.isForgotten))) {
      this.#report('P12', `${name}: epoch ${epoch} claimed after ${before.epoch}`);
    }
    if (claim.isCopy) return this.#broughtBack(room, by, epoch, copy, dead);
    for (const entry of record?.log ?? []) this.#logged(room, entry.frame);
    const base = record?.log.at(-1)?.seq ?? record?.seq ?? 0;
    if (record ? base !== kept?.seq : kept !== null) {
      this.#report('store', `${name}: a claim finds ${base}, the store keeps ${kept && `${kept.epoch}/${kept.seq}`}`);
    }
    // A room that is kept nowhere begins anew with each owner, though its seq may go on.
    const parent = kept === null || room.durability === 'none' ? null : room.find(kept.epoch);
    this.losses.judge(room, parent, base, false, dead);
    const isTold = parent !== null && base >= parent.base && base <= parent.end;
    const replica = isTold ? parent.replicaAt(base) : this.#adopt(room, claim, base, parent?.copyOf != null);
    replica.allAway();
    const next = new EpochRecord(epoch, by, { parent, base, replica });
    // The tail that a room is handed over with is for the claim that follows, or for one in place of that where the store forgot it.
    const follows = parent?.isOver && claim.before === parent.epoch && base === parent.end;
    if (follows && !parent.continuation?.hasBegun) parent.continuation = next;
    room.epochs.push(next);
  }

  /** Its node acts as the room's owner. */
  owned(room: string, epoch: number): void {
    const record = this.room(room).find(epoch);
    if (record) record.isHeld = true;
  }

  /** `kept`: what the store model says that it has of the room now. */
  committed(commit: Committed, result: CommitResult, kept: Kept | null): void {
    if (result !== 'written') return;
    const { owner, epoch, seq } = commit;
    const room = this.room(commit.room);
    const record = room.find(epoch);
    if (record?.copyOf && record.durableSeq === null && room.durability !== 'none') {
      const written = storedRoom(commit.set, commit.members, room.hasPresence);
      if (!commit.whole || !room.copyEndsAt(record, seq, written))
        this.#report(
          'P18',
          `${room.name}: the copy of ${record.copyOf.epoch}/${record.copyOf.end} is written as ${seq}`,
        );
      this.losses.written(record);
    }
    this.#wrote(room, record, owner, seq, kept);
  }

  appended({ room: name, owner, epoch, seq }: Appended, result: WriteResult, kept: Kept | null): void {
    const room = this.room(name);
    if (result === 'written') this.#wrote(room, room.find(epoch), owner, seq, kept);
  }

  released(name: string, epoch: number, ttlMs: number, isDone: boolean): void {
    const room = this.room(name);
    const record = room.find(epoch);
    if (record && (isDone || ttlMs === 0)) record.isOver = true;
    if (ttlMs > 0) return;
    if (room.durability !== 'none') room.closedIn.push(epoch);
    if (isDone) room.end(epoch);
  }

  /** Handed over: from here on it is the next owner's. */
  transferred(room: string, epoch: number): void {
    const record = this.room(room).find(epoch);
    if (record) record.isOver = true;
  }

  forgot(room: string, before: RoomMark, after: RoomMark): void {
    this.losses.forgot(this.room(room), before, after);
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
    if (record.node === node && !room.copyEndsAt(record, read.first - 1)) {
      return this.#report('P11', `${what()} goes on from a copy that was told up to ${record.base}`);
    }
    if (read.first > record.base + 1 && record.at(read.first - 1) === undefined) {
      return this.#report('P11', `${what()} is published after ${record.end}`);
    }
    const isNew = record.at(read.first) === undefined && !record.lacks(read.first);
    if (isNew && (record.node !== node || record.isOver)) {
      const owns = record.isOver ? 'handed the room over' : 'owns the room';
      return this.#report('P11', `${what()} is published by ${node}, but ${record.node} ${owns}`);
    }
    this.#take(room, record, read.first, read.events);
    if (room.durability === 'log' && room.durableIn(record) < record.end) {
      this.#report('P18', `${what()} is published, and the log holds ${room.durableIn(record)}`);
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
      const known = record?.at(seq);
      if (sameEvent(known, event)) continue;
      const text = `${client} got ${name} ${read.epoch}/${seq} as ${eventText(event)}, published was ${eventText(known)}`;
      return this.#report('P11', text);
    }
  }

  #take(room: RoomRecord, record: EpochRecord, first: number, events: readonly ServerEvent[]): void {
    for (const [i, event] of events.entries()) {
      const seq = first + i;
      const known = seq > record.base ? room.heard(record, seq, event) : event;
      if (known === undefined || known === event) {
        if (hasPhantom(event)) this.#report('P15', `${room.name} ${seq} holds what a handler had undone`);
        if (known === undefined) room.tell(record, event);
      } else if (!sameEvent(known, event)) {
        const both = `${eventText(event)} and ${eventText(known)}`;
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

  /** The room goes on from what an owner of before still has, with all that it was about to say. */
  #broughtBack(room: RoomRecord, by: NodeKey, epoch: number, copy: number, dead: NodeKey | null): void {
    const parent = room.find(copy);
    if (parent === null || parent.node !== by) {
      return this.#report('P11', `${room.name}: ${by} claims with a copy of ${copy}, an epoch of ${parent?.node}`);
    }
    this.losses.judge(room, parent, parent.end, true, dead);
    parent.continuation = new EpochRecord(epoch, by, parent);
    room.epochs.push(parent.continuation);
  }

  #wrote(room: RoomRecord, record: EpochRecord | null, owner: NodeKey, seq: number, kept: Kept | null): void {
    const what = (): string => `${room.name} ${record?.epoch}/${seq} by ${owner}`;
    if (record?.node !== owner) this.#report('P11', `${what()} is written in an epoch of ${record?.node}`);
    if (kept === null || kept.seq < seq) this.#report('P18', `${what()} is told written, the store keeps ${kept?.seq}`);
    if (record) record.durableSeq = Math.max(record.durableSeq ?? 0, seq);
  }

  /** The store holds more than was published: nobody was told, so the store's word is the truth. */
  #adopt(room: RoomRecord, claim: Claim & { kind: 'owned' }, base: number, isOfCopy: boolean): Replica {
    const { record } = claim;
    if (record === null || room.durability === 'none') return new Replica();
    this.adopted++;
    room.hasUnseen = true;
    // A copy is written with what its owner is about to say.
    if (room.durability !== 'log' && !isOfCopy) {
      this.#report('P11', `${room.name}: the store holds ${base}, published was ${room.last?.end ?? 0}`);
    }
    const replica = storedRoom(record.state, record.members, room.hasPresence);
    for (const entry of record.log) {
      const { first, events } = readEvents(entry.frame.slice());
      for (const [i, event] of events.entries()) if (first + i > record.seq) replica.apply(event);
    }
    return replica;
  }
}

/** The room as the store holds it; nobody is here. */
function storedRoom(state: Stored<string>, members: Stored<number>, hasPresence: boolean): Replica {
  const replica = new Replica();
  for (const [key, value] of state) if (value) replica.set(key, latin1(value));
  for (const [number, value] of hasPresence ? members : []) {
    if (!value) continue;
    const { user, meta } = decodeMember(number, value);
    replica.put(number, { user, status: STATUS.away, meta: meta && latin1(meta) });
  }
  return replica;
}

function hasPhantom(event: ServerEvent): boolean {
  if (event.kind === 'message') return isPhantom(event.payload);
  return event.kind === 'state' && [...event.set.values()].some(isPhantom);
}
