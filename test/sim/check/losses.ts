/**
 * [P18] What was told is in the history that the room keeps. What a new owner may take back, and what justifies it:
 *
 * - a room of durability `none`, or one that its code has closed: everything;
 * - `snapshot`: what the store does not hold, where the owner before was lost, or the store has forgotten its claim;
 * - what the store held and has forgotten since, by the model's own record of it, in rooms of any durability.
 *
 * An owner whose claim was forgotten and that lives on must have brought its copy back in the end; of several copies the
 * one of the latest epoch (decision 8). A room that was begun meanwhile gives way to it, unless it has a second owner by then.
 */
import type { NodeKey } from '../../../src/cluster/ports.ts';
import type { Kept, RoomMark } from '../store/room-mark.ts';
import type { EpochRecord } from './epoch-record.ts';
import type { Report } from './report.ts';
import type { RoomRecord } from './room-record.ts';

interface Owed {
  readonly room: RoomRecord;
  readonly record: EpochRecord;
  /** What was told by then; later the owner may know that another one is there. */
  readonly end: number;
}

export class Losses {
  /** Events that a new owner did not have. */
  takenBack = 0;
  /** Of these, what the store had held. */
  forgotten = 0;
  readonly #report: Report;
  #owed: Owed[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  forgot(room: RoomRecord, before: RoomMark, after: RoomMark): void {
    for (const record of room.epochs) {
      if (record.epoch > after.epoch && record.epoch <= before.epoch) record.isForgotten = true;
    }
    const had = before.kept ?? deleted(room, before.epoch);
    const held = find(room, had);
    const left = find(room, after.kept);
    if (!held || !had) return;
    markForgotten(held, had.seq, held.sharedWith(had.seq, left, after.kept?.seq ?? 0));
  }

  /** A copy is in the store again, with all that it builds on. */
  written(copy: EpochRecord): void {
    for (let link: EpochRecord | null = copy; link; link = link.parent) link.forgottenTo = null;
  }

  /** A new owner begins at `base` of `parent`, where `room.last` was the one before. */
  judge(room: RoomRecord, parent: EpochRecord | null, base: number, isCopy: boolean, dead: NodeKey | null): void {
    const before = room.last;
    if (!before || room.durability === 'none') return;
    if (isCopy && parent) this.#brought(room, parent);
    const shared = before.sharedWith(before.end, parent, base);
    const lost = before.end - shared;
    if (lost <= 0 || (parent === null && room.wasEnded(before))) return;
    this.takenBack += lost;
    const wasForgotten = allForgotten(before, shared);
    if (wasForgotten) this.forgotten += lost;
    if (before.isForgotten && !before.isOver) this.#owed.push({ room, record: before, end: before.end });
    // What the store held and forgot. A log room tells nothing else.
    if (wasForgotten) return;
    // What was done while the store did not know of the owner that brings its copy: the store has that in its place.
    if (isCopy && parent?.isForgotten) return markForgotten(before, before.end, shared);
    const what = `${room.name}: a new owner has ${base}, published was ${before.end} by ${before.node}`;
    if (room.durability === 'log') return this.#report('P18', what);
    if (dead === null && !before.isForgotten) this.#report('P18', `${what}, which gave the room up in peace`);
  }

  /** What an owner has brought back is the store's again, to be kept or forgotten. */
  #brought(room: RoomRecord, parent: EpochRecord): void {
    this.#owed = this.#owed.filter(({ room: other, record, end }) => {
      return other !== room || parent.sharedWith(parent.end, record, end) < end;
    });
  }

  /** When everything is healed. `lives` says which lives of nodes have never ended. */
  settle(lives: (node: NodeKey) => boolean): void {
    for (const { room, record, end } of this.#owed) {
      const { last } = room;
      if (record.isOver || !lives(record.node) || !last) continue;
      // It never held what the store has forgotten.
      if (!record.isHeld && record.copyOf === null) continue;
      // What was closed since was told so to everybody, whoever owned it.
      if (wasClosedSince(room, record) || wasClockBack(room, record) || wasPassedOver(room, record)) continue;
      const shared = record.sharedWith(end, last, last.end);
      if (shared >= end || hadLaterCopy(room, record) || wasHandedOn(room, record)) continue;
      const text = `${room.name}: ${record.node} lives and had ${record.epoch}/${end}, the room kept ${shared} of it`;
      this.#report('P18', text);
    }
  }
}

/** The store has what came behind `after` no more. */
function markForgotten(record: EpochRecord, seq: number, after: number): void {
  for (let link: EpochRecord | null = record, end = seq; link; end = link.base, link = link.parent) {
    if (end > after) link.forgottenTo = Math.max(link.forgottenTo ?? 0, end);
  }
}

/** The room went on from what the owner of a later epoch still had, whatever became of that. */
function hadLaterCopy(room: RoomRecord, record: EpochRecord): boolean {
  // A claim whose answer was lost leaves its node with the copy that it claimed with.
  let held = record;
  while (held.copyOf && !held.hasBegun) held = held.copyOf;
  const { epoch } = held;
  return room.epochs.some(({ copyOf }) => copyOf !== null && copyOf.epoch > epoch);
}

/** By order of claims: a store that has forgotten, and whose clock is behind, gives out lower epochs than before. */
function wasClosedSince({ epochs, closedIn }: RoomRecord, record: EpochRecord): boolean {
  return epochs.slice(epochs.indexOf(record)).some(({ epoch }) => closedIn.includes(epoch));
}

/**
 * The store has forgotten that epoch, and its clock gave out a lower one in its place: which copy is the latest it can't
 * tell.
 */
function wasClockBack({ epochs }: RoomRecord, record: EpochRecord): boolean {
  return epochs.slice(epochs.indexOf(record)).some(({ epoch }) => epoch < record.epoch);
}

/** The store lost it after older ones, and the owner of one of those came first: it takes epochs in between for its own. */
function wasPassedOver({ epochs }: RoomRecord, record: EpochRecord): boolean {
  return epochs.slice(epochs.indexOf(record) + 1).some(({ copyOf }) => copyOf !== null && copyOf.epoch < record.epoch);
}

/** Behind that epoch the room was begun anew, and went on with another owner, with what the first one had written or without. */
function wasHandedOn({ epochs }: RoomRecord, record: EpochRecord): boolean {
  const since = epochs.slice(epochs.indexOf(record) + 1).filter(({ copyOf }) => copyOf === null);
  return since.some(({ node, parent }) => (parent?.epoch ?? 0) > record.epoch || node !== since[0]?.node);
}

/** Whether the store has held and forgotten all that came behind `after`. */
function allForgotten(before: EpochRecord, after: number): boolean {
  for (
    let link: EpochRecord | null = before, end = before.end;
    link && end > after;
    end = link.base, link = link.parent
  ) {
    if (end > link.base && (link.forgottenTo ?? 0) < end) return false;
  }
  return true;
}

/** A room that its owner had deleted, and whose end is forgotten: what it was up to that is gone all the same. */
function deleted(room: RoomRecord, epoch: number): Kept | null {
  const record = room.find(epoch);
  return record && room.wasEnded(record) ? { epoch, seq: record.end } : null;
}

function find(room: RoomRecord, kept: Kept | null): EpochRecord | null {
  return kept && room.find(kept.epoch);
}
