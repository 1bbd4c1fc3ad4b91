/** Who is in a room. Numbers grow and are never used twice; the counter is part of the room's stored meta. */
import { must } from '../base/assert.ts';
import { STATUS } from '../protocol/op.ts';
import { writeRosterEntry } from '../protocol/server-frame.ts';
import { Writer } from '../protocol/writer.ts';
import type { Member } from './member.ts';

/** As a room without presence shows its own: an encoded array of none. */
export const EMPTY_ROSTER = new Uint8Array([0x90]);

// `encode` fills it and takes a copy before it returns, so one is enough for all rooms.
const scratch = new Writer(1024);

export class Roster {
  readonly #byNumber = new Map<number, Member>();
  readonly #bySid = new Map<string, Member>();
  /** Numbers of members that were added, changed or removed since the last commit took them. */
  readonly dirty = new Set<number>();
  /** The number that the next member gets. */
  nextNumber: number;
  #encoded: Uint8Array | null = null;

  constructor(nextNumber: number) {
    this.nextNumber = nextNumber;
  }

  get size(): number {
    return this.#byNumber.size;
  }

  get members(): ReadonlyMap<number, Member> {
    return this.#byNumber;
  }

  get(number: number): Member | undefined {
    return this.#byNumber.get(number);
  }

  bySid(sid: string): Member | undefined {
    return this.#bySid.get(sid);
  }

  add(member: Member): void {
    this.load(member);
    this.touch(member);
  }

  /** Takes a stored member in; nothing is dirty by it. */
  load(member: Member): void {
    this.#byNumber.set(member.number, member);
    this.#bySid.set(member.sid, member);
    this.nextNumber = Math.max(this.nextNumber, member.number + 1);
    this.#encoded = null;
  }

  remove(number: number): void {
    const member = must(this.#byNumber.get(number), 'member to remove');
    this.#byNumber.delete(number);
    // A replayed log may hold the session's next membership already.
    if (this.#bySid.get(member.sid) === member) this.#bySid.delete(member.sid);
    this.dirty.add(number);
    this.#encoded = null;
  }

  /** The member's status changed: here or away. */
  statusChanged(): void {
    this.#encoded = null;
  }

  /** Marks the member for the next commit. */
  touch(member: Member): void {
    this.dirty.add(member.number);
  }

  /** The encoded roster, as JOINED and SYNC carry it. */
  encode(): Uint8Array {
    if (this.#encoded) return this.#encoded;
    scratch.reset();
    scratch.array(this.#byNumber.size);
    for (const member of this.#byNumber.values()) {
      writeRosterEntry(scratch, member.number, member.user, member.here ? STATUS.here : STATUS.away, member.meta);
    }
    this.#encoded = scratch.take();
    return this.#encoded;
  }
}
