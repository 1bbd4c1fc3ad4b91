/** A seat of one of this node's connections: what the gateway sends commands to, and the owner's link when it lives here. */
import { encodeError, encodeJoined, encodeLeft, encodeSync } from '../protocol/server-frame.ts';
import { readServerFrame } from '../protocol/server-reader.ts';
import type { JoinAnswer, MemberLink, RoomView } from './member-link.ts';
import type { Connection, JoinRequest, LeaveRequest, Position, Seat, SessionIdentity } from './ports.ts';

/** The room at this node, whoever owns it. */
export interface Place {
  readonly room: string;
  message(seat: LocalSeat, cseq: number, bytes: Uint8Array, start: number, end: number): void;
  patch(seat: LocalSeat, cseq: number, bytes: Uint8Array, start: number, end: number): void;
  leave(seat: LocalSeat, request: LeaveRequest): void;
  position(): Position | null;
  /** The seat is empty now. */
  vacated(seat: LocalSeat): void;
}

export class LocalSeat implements Seat, MemberLink {
  readonly room: string;
  readonly nameBytes: Uint8Array;
  readonly connection: Connection;
  topic: string | null = null;
  member = 0;
  /** The JOIN that is not answered yet; it is asked again when packets were lost. */
  pending: JoinRequest | null = null;
  /** The LEAVE that is not answered yet. */
  leaving: LeaveRequest | null = null;
  /** Where the room stood when its client was told last who it is there, and how many of its commands are done. */
  told: Position | null = null;
  readonly #place: Place;
  #me = 0;
  #vacated = false;

  constructor(place: Place, nameBytes: Uint8Array, connection: Connection) {
    this.#place = place;
    this.room = place.room;
    this.nameBytes = nameBytes;
    this.connection = connection;
  }

  /** The member that the client was told it is; 0 before JOINED. */
  get me(): number {
    return this.topic === null ? 0 : this.#me;
  }

  get session(): SessionIdentity {
    return this.connection.session;
  }

  message(cseq: number, bytes: Uint8Array, start: number, end: number): void {
    this.#place.message(this, cseq, bytes, start, end);
  }

  patch(cseq: number, bytes: Uint8Array, start: number, end: number): void {
    this.#place.patch(this, cseq, bytes, start, end);
  }

  leave(req: number): void {
    const { pending } = this;
    this.leaving = { req, me: this.me };
    this.pending = null;
    if (pending) {
      const about = { req: pending.req, room: this.room };
      this.connection.send(encodeError('not-joined', 'LEAVE came before the answer', about));
    }
    this.#place.leave(this, this.leaving);
  }

  position(): Position | null {
    return this.topic === null ? null : this.#place.position();
  }

  send(frame: Uint8Array): void {
    if (!this.#vacated) this.connection.send(frame);
  }

  joined(req: number, me: number, cseq: number, answer: JoinAnswer): void {
    if (this.#vacated || this.#isOvertaken(req) || this.#isAnswered || this.#isEnding(me)) return;
    if (this.leaving) this.connection.send(encodeLeft(this.leaving.req, this.room));
    this.leaving = null;
    if (this.pending?.req === req) this.pending = null;
    const { epoch, seq, roster, state, frames } = answer;
    this.connection.send(encodeJoined(req, this.room, epoch, seq, me, cseq, roster, state));
    for (const frame of frames) this.connection.send(frame);
    this.#me = me;
    this.told = { epoch, seq: answer.end };
    this.#listen(epoch);
  }

  synced(view: RoomView, me: number, cseq: number): void {
    // A seat whose JOIN is still open gets JOINED; to its client a SYNC before that would come from nowhere.
    if (this.#vacated || this.topic === null) return;
    const { epoch, seq, roster, state, reason } = view;
    this.connection.send(encodeSync(this.room, epoch, seq, me, cseq, roster, state, reason));
    this.#me = me;
    this.told = { epoch, seq };
    this.#listen(epoch);
  }

  left(frame: Uint8Array): void {
    if (this.#vacated) return;
    const said = readServerFrame(frame);
    if (said.op === 'left') {
      // Behind lost packets a LEAVE may be asked twice; what began since the first answer is not over.
      if (this.leaving === null) return;
      if (said.req === this.leaving.req) this.leaving = null;
    }
    // Not the last word where a JOIN came behind what ended the membership, or a LEAVE: its answer is still to come.
    if (this.pending === null && this.member === 0 && this.leaving === null) {
      this.connection.sendLast(this.room, frame);
      return this.vacate();
    }
    this.connection.send(frame);
    this.#unlisten();
  }

  closed(frame: Uint8Array): void {
    if (!this.#vacated) this.connection.sendLast(this.room, frame);
    this.vacate();
  }

  asks(request: JoinRequest): boolean {
    return !this.#vacated && this.pending === request;
  }

  refused(req: number, frame: Uint8Array): void {
    if (this.#vacated || this.#isOvertaken(req) || this.#isAnswered) return;
    if (this.pending?.req === req) this.pending = null;
    this.connection.send(frame);
    // With a member, an earlier JOIN was taken, and its answer is held until the log is written.
    if (this.topic === null && this.pending === null && this.leaving === null && this.member === 0) this.vacate();
  }

  replaced(): void {
    this.connection.replaced();
  }

  /** Takes the seat out of its connection and place; nothing reaches the client through it any more. */
  vacate(): void {
    if (this.#vacated) return;
    this.#vacated = true;
    this.#unlisten();
    const at = this.connection.seats.indexOf(this);
    if (at !== -1) this.connection.seats.splice(at, 1);
    this.#place.vacated(this);
  }

  /** No JOIN is open: behind lost packets it was asked twice, and this is the second answer. */
  get #isAnswered(): boolean {
    return this.pending === null && this.topic !== null;
  }

  /** An answer to a JOIN that LEAVE has overtaken. */
  #isOvertaken(req: number): boolean {
    return this.topic === null && this.leaving !== null && this.pending?.req !== req;
  }

  /** Only a LEAVE that was lost lets the JOIN behind it find the old membership. It is asked again, and the JOIN too. */
  #isEnding(me: number): boolean {
    return this.leaving !== null && me <= this.leaving.me;
  }

  #unlisten(): void {
    if (this.topic !== null) this.connection.unsubscribe(this.topic);
    this.topic = null;
  }

  #listen(epoch: number): void {
    const topic = `${this.room}#${epoch}`;
    if (this.topic === topic) return;
    this.#unlisten();
    this.topic = topic;
    this.connection.subscribe(topic);
  }
}
