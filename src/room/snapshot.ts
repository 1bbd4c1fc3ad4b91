/** A room's stored form: what a commit writes of it, and how it is built again from a record and its log. */
import type { Claim, NodeKey } from '../cluster/ports.ts';
import { Reader } from '../protocol/reader.ts';
import { readServerFrame, type ServerEvent } from '../protocol/server-reader.ts';
import { Writer } from '../protocol/writer.ts';
import type { Tail } from './history.ts';
import { decodeNote } from './log-note.ts';
import { decodeMember, encodeMember } from './member.ts';
import type { Owner } from './owner.ts';
import type { Commit, Position } from './ports.ts';
import { Roster } from './roster.ts';
import { RoomState } from './state.ts';
import type { Tenure } from './tenure.ts';

/** After a take-over, numbers that the lost tail of the history may have given out are skipped (JOINS_PER_SEC × 1 s is 2000). */
const NUMBERS_SKIPPED = 10_000;
/**
 * Two owners may start from the same commit, one soon after the other, or both close to one time where a store's clock is behind
 * that of the one before: by its epoch each skips into a band of its own. Numbers of one take-over stay within 32 bits.
 */
const BANDS = 10_000;

/** What an owner starts with. */
export interface LoadedRoom {
  readonly position: Position;
  /** The history that goes on here; it ends at `position`. */
  readonly before: Tail | null;
  /** It goes on from there, as the store has it: who was told more of that epoch has seen another history. null: with all. */
  readonly tookOverAt: Position | null;
  readonly state: RoomState;
  readonly roster: Roster;
  readonly revisions: Revisions;
  /** The owner before was about to say that the room is over, for this reason. */
  readonly closing: string | null;
}

/** Commits of a room in its epoch, from 1. */
export interface Revisions {
  last: number;
  /** The next part is what changed since this one, which the store took or is about to. */
  base: number;
}

/** What a commit is made of. */
export type Storable = Pick<Owner, 'room' | 'type' | 'state' | 'roster' | 'revisions'> & { readonly feed: Position };

/** The room of a claim: how long its owner may act for it. */
export interface ClaimedRoom extends LoadedRoom {
  readonly tenure: Tenure;
}

/** What changed since the last commit, with a way back for when the store can't be reached. */
export interface PendingCommit {
  readonly commit: Commit;
  /** Marks everything again. */
  restore(): void;
}

export function takeCommit(owner: Storable, self: NodeKey, whole: boolean, ttlMs: number): PendingCommit {
  const { state, roster, revisions } = owner;
  const kept = owner.type.durability !== 'none';
  const keys = kept ? (whole ? [...state.keys()] : [...state.dirty]) : [];
  const numbers = kept ? (whole ? [...roster.members.keys()] : [...roster.dirty]) : [];
  state.dirty.clear();
  roster.dirty.clear();
  const set: [string, Uint8Array][] = [];
  const del: string[] = [];
  for (const key of keys) {
    const value = state.get(key);
    if (value) set.push([key, value]);
    else del.push(key);
  }
  const members = numbers.map((number): [number, Uint8Array | null] => {
    const member = roster.get(number);
    return [number, member ? encodeMember(member) : null];
  });
  const { epoch, seq } = owner.feed;
  const meta = encodeMeta(roster.nextNumber);
  const { base } = revisions;
  const revision = ++revisions.last;
  revisions.base = revision;
  return {
    commit: { room: owner.room, owner: self, epoch, seq, meta, set, del, members, whole, revision, base, ttlMs },
    restore() {
      revisions.base = Math.min(revisions.base, base);
      for (const key of keys) state.dirty.add(key);
      for (const number of numbers) roster.dirty.add(number);
    },
  };
}

/** Builds the room as the store has it; all members are away until they attach. `clean`: its owner released it in peace. */
export function loadRoom(
  { epoch, before, record }: Pick<Claim & { kind: 'owned' }, 'epoch' | 'before' | 'record'>,
  clean: boolean,
  graceEndsAt: number,
): LoadedRoom {
  const state = new RoomState();
  const roster = new Roster(record?.meta ? decodeMeta(record.meta) : 1);
  let seq = record?.seq ?? 0;
  for (const [key, value] of record?.state ?? []) state.load(key, value);
  for (const [number, value] of record?.members ?? []) roster.load(decodeMember(number, value));
  for (const entry of record?.log ?? []) {
    const frame = readServerFrame(entry.frame);
    if (frame.op !== 'events') continue;
    const note = decodeNote(entry.note);
    for (const member of note.joined) roster.add(member);
    for (const event of frame.events) replay(event, state, roster);
    for (const [member, cseq] of note.done) done(roster, member, cseq);
    seq = entry.seq;
  }
  if (!clean) roster.nextNumber += NUMBERS_SKIPPED * (1 + (epoch % BANDS));
  for (const member of roster.members.values()) member.graceEndsAt = graceEndsAt;
  const tookOverAt = { epoch: before, seq };
  return { position: { epoch, seq }, before: null, tookOverAt, state, roster, revisions: noRevisions(), closing: null };
}

/** The copy of an owner that lost its claim, as the start of a new epoch: nobody is attached any more. */
export function bringRoom(epoch: number, owner: Owner, graceEndsAt: number): LoadedRoom {
  const { roster, state, feed, closeReason: closing } = owner;
  for (const member of roster.members.values()) {
    member.link = null;
    member.graceEndsAt = graceEndsAt;
  }
  roster.statusChanged();
  const position = { epoch, seq: feed.seq };
  const before = feed.history.tail();
  return { position, before, tookOverAt: null, state, roster, revisions: noRevisions(), closing };
}

function noRevisions(): Revisions {
  return { last: 0, base: 0 };
}

function replay(event: ServerEvent, state: RoomState, roster: Roster): void {
  switch (event.kind) {
    case 'message':
      return done(roster, event.member, event.cseq);
    case 'state':
      for (const [key, value] of event.set) state.set(key, value.slice());
      for (const key of event.del) state.delete(key);
      return done(roster, event.member, event.cseq);
    case 'left':
      if (roster.get(event.member)) roster.remove(event.member);
      return;
    // The note beside the frame has the members that joined, with their sessions.
    case 'joined':
    case 'status':
      return;
  }
}

function done(roster: Roster, number: number, cseq: number): void {
  const member = roster.get(number);
  if (!member || cseq <= member.cseq) return;
  member.cseq = cseq;
  roster.touch(member);
}

function encodeMeta(nextNumber: number): Uint8Array {
  const writer = new Writer(16);
  writer.array(1);
  writer.uint(nextNumber);
  return writer.take();
}

function decodeMeta(bytes: Uint8Array): number {
  const reader = new Reader();
  reader.reset(bytes);
  reader.array('meta');
  return reader.uint('nextNumber');
}
