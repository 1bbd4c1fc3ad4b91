/**
 * What a room says at the end of this event-loop turn: its events, encoded as they are accepted, and the answers that
 * follow them. Sealing puts the EVENTS header in front of the bytes, so each payload is copied exactly once.
 *
 * Server writes to the state are merged per key until another event needs its place in the order: a tick that sets
 * twenty keys makes one event. `rollback` undoes what was written after a mark, for a command that is refused.
 */

import type { LeftReason, Status } from '../protocol/op.ts';
import {
  EVENTS_HEADER_MAX,
  writeEventsHeader,
  writeJoined,
  writeLeft,
  writeMessage,
  writeState,
  writeStateHead,
  writeStatus,
} from '../protocol/server-frame.ts';
import { Writer } from '../protocol/writer.ts';
import { encodeNote } from './log-note.ts';
import type { Member } from './member.ts';
import type { RoomState } from './state.ts';

/** Answers in two steps: encode at the flush, where state and seq agree; deliver when the frame is out (P18). */
export type Reply = () => (() => void) | null;

/** Writers of rooms that have something to say; a quiet room holds no buffer. */
const idleWriters: Writer[] = [];
const IDLE_WRITERS_MAX = 256;
const WRITER_BYTES = 2048;

export interface Mark {
  readonly pos: number;
  readonly count: number;
  readonly replies: number;
  readonly joined: number;
  readonly patched: ReadonlySet<string>;
}

export class Outbox {
  readonly #state: RoomState;
  #writer: Writer | null = null;
  #count = 0;
  #replies: Reply[] = [];
  /** For the log: commands done without an event, and members that joined. */
  readonly #done = new Map<number, number>();
  #joined: Member[] = [];
  #acks: Member[] = [];
  /** Keys written by handlers whose event is not written yet. */
  #patched = new Set<string>();

  constructor(state: RoomState) {
    this.#state = state;
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#replies.length === 0 && this.#acks.length === 0 && this.#patched.size === 0;
  }

  /** Bytes of events so far. */
  get bytes(): number {
    return this.#writer ? this.#writer.pos - EVENTS_HEADER_MAX : 0;
  }

  message(member: number, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    writeMessage(this.#event(), member, cseq, bytes, start, end);
  }

  patch(member: number, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    writeState(this.#event(), member, cseq, bytes, start, end);
  }

  /** The event is left out where presence is off; the log notes the session all the same. */
  joined(member: Member, isShown: boolean): void {
    this.#joined.push(member);
    if (isShown) writeJoined(this.#event(), member.number, member.user, member.meta);
  }

  /** What was noted of the member is void: without a frame the notes of all that come and go would pile up. */
  left(member: Member, reason: LeftReason, isShown: boolean): void {
    this.#done.delete(member.number);
    if (this.#joined.length > 0) this.#joined = this.#joined.filter((each) => each !== member);
    if (isShown) writeLeft(this.#event(), member.number, reason);
  }

  status(member: Member, status: Status): void {
    writeStatus(this.#event(), member.number, status);
  }

  /** A handler wrote or deleted this key in the state. */
  patched(key: string): void {
    this.#patched.add(key);
  }

  reply(reply: Reply): void {
    this.#replies.push(reply);
  }

  /** The member gets one ACK with this flush, however many of its commands were done. */
  ack(member: Member): void {
    if (member.ackDue) return;
    member.ackDue = true;
    this.#acks.push(member);
  }

  /** A command that is done without an event of its own. */
  done(member: Member, cseq: number): void {
    this.#done.set(member.number, cseq);
    this.ack(member);
  }

  mark(): Mark {
    return {
      pos: this.#writer?.pos ?? EVENTS_HEADER_MAX,
      count: this.#count,
      replies: this.#replies.length,
      joined: this.#joined.length,
      patched: this.#patched.size === 0 ? NOTHING : new Set(this.#patched),
    };
  }

  rollback(mark: Mark): void {
    if (this.#writer) this.#writer.pos = mark.pos;
    this.#count = mark.count;
    this.#replies.length = mark.replies;
    this.#joined.length = mark.joined;
    this.#patched = new Set(mark.patched);
  }

  /**
   * The EVENTS frame, or null without events; `count` events, of which the first has seq `first`. Its bytes are good until
   * any room says something again.
   */
  seal(room: Uint8Array, epoch: number, first: number): { readonly frame: Uint8Array; readonly count: number } | null {
    this.#writePatch();
    const writer = this.#writer;
    const count = this.#count;
    if (!writer || count === 0) return null;
    const start = writeEventsHeader(writer.bytes, EVENTS_HEADER_MAX, room, epoch, first, count);
    const frame = writer.bytes.subarray(start, writer.pos);
    this.#writer = null;
    this.#count = 0;
    if (idleWriters.length < IDLE_WRITERS_MAX) idleWriters.push(writer);
    return { frame, count };
  }

  takeReplies(): readonly Reply[] {
    const replies = this.#replies;
    if (replies.length > 0) this.#replies = [];
    return replies;
  }

  takeAcks(): readonly Member[] {
    const acks = this.#acks;
    if (acks.length > 0) this.#acks = [];
    return acks;
  }

  /** What the log must note beside the frame. */
  takeNote(): Uint8Array | null {
    // Nearly always; clearing a map makes it a new table, also where it is empty.
    if (this.#done.size === 0 && this.#joined.length === 0) return null;
    const note = encodeNote({ done: this.#done, joined: this.#joined });
    this.#done.clear();
    this.#joined.length = 0;
    return note;
  }

  /** The writer, ready for one more event. */
  #event(): Writer {
    if (this.#patched.size > 0) this.#writePatch();
    this.#count++;
    return this.#open();
  }

  #open(): Writer {
    if (!this.#writer) {
      this.#writer = idleWriters.pop() ?? new Writer(WRITER_BYTES);
      this.#writer.reset();
      this.#writer.reserve(EVENTS_HEADER_MAX);
      this.#writer.pos = EVENTS_HEADER_MAX;
    }
    return this.#writer;
  }

  /** One event of member 0 for all keys that handlers touched since the last one. */
  #writePatch(): void {
    const patched = this.#patched;
    if (patched.size === 0) return;
    const state = this.#state;
    let deleted = 0;
    for (const key of patched) if (state.get(key) === undefined) deleted++;
    const writer = this.#open();
    this.#count++;
    writeStateHead(writer, 0, 0);
    writer.map(patched.size - deleted);
    for (const key of patched) {
      const value = state.get(key);
      if (value === undefined) continue;
      writer.str(key);
      writer.bin(value);
    }
    writer.array(deleted);
    if (deleted > 0) for (const key of patched) if (state.get(key) === undefined) writer.str(key);
    patched.clear();
  }
}

const NOTHING: ReadonlySet<string> = new Set();
