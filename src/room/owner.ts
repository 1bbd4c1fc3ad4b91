/**
 * The owner of a room: it alone orders the room's events. Takes joins and commands from links (seats here, connections
 * behind edges), applies each command once and in cseq order (P15, P16), and says the result through its outbox.
 *
 * A member takes commands from the one link that it is attached through. State changes at once; everything that is
 * said about it leaves with the flush at the end of the turn.
 */
import { ERROR_CODES, type ErrorCode } from '../protocol/codes.ts';
import { LEFT_REASON, type LeftReason, STATUS, type SyncReason } from '../protocol/op.ts';
import { patchFits, readPatch } from '../protocol/patch.ts';
import { Reader } from '../protocol/reader.ts';
import { encodeClosed, encodeError, encodeJoined, encodeLeft } from '../protocol/server-frame.ts';
import type { OwnerEvents, RoomContext } from './context.ts';
import type { RoomType } from './definition.ts';
import { Feed } from './feed.ts';
import { Member } from './member.ts';
import type { MemberLink, RoomView } from './member-link.ts';
import { Outbox, type Reply } from './outbox.ts';
import type { JoinRequest, Position } from './ports.ts';
import type { Rejection } from './rejection.ts';
import type { Roster } from './roster.ts';
import { Script } from './script.ts';
import type { RoomState } from './state.ts';

/** An outbox that holds this much is sealed before the turn ends, so that frames stay well under P3's client limits. */
const FRAME_BYTES_SOFT_MAX = 48 * 1024;

export interface LoadedRoom {
  readonly position: Position;
  readonly state: RoomState;
  readonly roster: Roster;
}

export class Owner {
  readonly room: string;
  readonly type: RoomType;
  readonly roster: Roster;
  readonly state: RoomState;
  readonly outbox: Outbox;
  readonly feed: Feed;
  readonly stateBytesMax: number;
  readonly #context: RoomContext;
  readonly #events: OwnerEvents;
  readonly #script: Script | null;
  readonly #reader = new Reader();
  #scheduled = false;
  #closed = false;

  constructor(room: string, type: RoomType, loaded: LoadedRoom, context: RoomContext, events: OwnerEvents) {
    this.room = room;
    this.type = type;
    this.roster = loaded.roster;
    this.state = loaded.state;
    this.outbox = new Outbox(loaded.state);
    this.stateBytesMax = context.options.stateBytesMax;
    this.#context = context;
    this.#events = events;
    this.feed = new Feed(loaded.position, context.publisher, context.post, context.flusher, () => events.onFenced(), {
      room,
      self: context.self,
      log: type.durability === 'log',
      historyBytesMax: context.options.historyBytesMax,
    });
    const { handlers } = type;
    this.#script = handlers ? new Script(handlers, this, context.clock, context.log, context.counters) : null;
  }

  get epoch(): number {
    return this.feed.epoch;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  /** Runs onCreate; called once, when the room is in place. */
  created(): void {
    this.#script?.created();
    this.#schedule();
  }

  join(link: MemberLink, request: JoinRequest): void {
    const refusal = this.enter(link, request.meta);
    if (refusal) {
      const { code, text } = refusal;
      return link.refused(request.req, encodeError(code, text, { req: request.req, room: this.room }));
    }
    this.#context.counters.joins++;
    this.answer(() => this.#answerJoin(link, request));
  }

  /**
   * Makes `link` the way to its session's member, a new one if there is none. Answers why not; a link of an older
   * connection is told so itself, and nothing is said here.
   */
  enter(link: MemberLink, meta: Uint8Array | null): Pick<Rejection, 'code' | 'text'> | null {
    const { session } = link;
    const member = this.roster.bySid(session.sid);
    if (!member) return this.#admit(link, meta);
    if (session.generation < member.generation) {
      link.replaced();
      return { code: 'not-joined', text: 'a newer connection of this session is here' };
    }
    const before = member.link;
    if (before === link) return null;
    if (before) {
      before.member = 0;
      before.replaced();
    }
    this.#attach(member, link);
    if (!before && this.type.presence) this.outbox.status(member, STATUS.here);
    this.#schedule();
    return null;
  }

  leave(link: MemberLink, req: number): void {
    const member = this.#leaving(link);
    if (member) this.#remove(member, LEFT_REASON.left);
    const frame = encodeLeft(req, this.room);
    this.answer(() => () => link.left(frame));
  }

  /** The link's connection is lost (P10). */
  away(link: MemberLink): void {
    const member = this.memberOf(link);
    link.member = 0;
    if (!member) return;
    member.link = null;
    member.graceEndsAt = this.#context.clock.now() + this.type.graceMs;
    this.roster.statusChanged();
    if (this.type.presence) this.outbox.status(member, STATUS.away);
    this.#events.onAway();
    this.#schedule();
  }

  message(link: MemberLink, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const member = this.#accept(link, cseq);
    if (!member) return;
    if (this.#script) {
      this.#reader.reset(bytes, start, end);
      const rejection = this.#script.message(member, this.#reader.bin('payload'));
      if (rejection) return this.#reject(member, cseq, rejection.code, rejection.text);
      this.#doneSilently(member, cseq);
    } else {
      this.outbox.message(member.number, cseq, bytes, start, end);
    }
    this.#applied(member, cseq);
  }

  patch(link: MemberLink, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const member = this.#accept(link, cseq);
    if (!member) return;
    if (!this.type.membersMaySet) {
      return this.#reject(member, cseq, 'forbidden', 'members of this room may not SET its state');
    }
    const misfit = patchFits(bytes, start, end);
    if (misfit) return this.#reject(member, cseq, misfit, null);
    const { state, outbox } = this;
    const mark = outbox.mark();
    state.begin();
    outbox.patch(member.number, cseq, bytes, start, end);
    const set = (key: string, from: number, to: number): void => state.set(key, bytes.slice(from, to));
    readPatch(bytes, start, end, set, (key) => void state.delete(key));
    if (state.bytes > this.stateBytesMax) {
      state.rollback();
      outbox.rollback(mark);
      return this.#reject(member, cseq, 'too-large', `the state has at most ${this.stateBytesMax} bytes`);
    }
    state.keep();
    this.#applied(member, cseq);
  }

  /** The store has answered that another node owns the room. */
  fenced(): void {
    this.#events.onFenced();
  }

  tick(elapsedMs: number): void {
    this.#script?.ticked(elapsedMs);
    if (!this.outbox.isEmpty) this.#schedule();
  }

  /** Takes out the members whose grace time is over; answers whether others are still away. */
  sweepGrace(now: number): boolean {
    let waiting = false;
    for (const member of [...this.roster.members.values()]) {
      if (member.here) continue;
      if (member.graceEndsAt <= now) this.#remove(member, LEFT_REASON.graceOver);
      else waiting = true;
    }
    return waiting;
  }

  /** The whole room as it will stand after the flush under way; for use in a reply. */
  view(reason: SyncReason): RoomView {
    const { epoch, seq } = this.feed;
    return { epoch, seq, roster: this.#encodedRoster(), state: this.state.encode(), reason };
  }

  /** Something to say behind this turn's frame: encoded at the flush, delivered by the function it returns. */
  answer(reply: Reply): void {
    this.outbox.reply(reply);
    this.#schedule();
  }

  /** The member that is attached through this link. */
  memberOf(link: MemberLink): Member | null {
    const member = this.roster.get(link.member);
    return member && member.link === link ? member : null;
  }

  /** For handlers: takes a member out. */
  remove(member: Member): void {
    const { link } = member;
    this.#remove(member, LEFT_REASON.removed);
    if (!link) return;
    const frame = encodeError('not-joined', 'removed by the room', { room: this.room });
    this.answer(() => () => link.left(frame));
  }

  /** For handlers: ends the room. */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    const frame = encodeClosed(this.room, reason);
    this.answer(() => () => this.#events.onClosed(frame));
  }

  flush(): void {
    this.#scheduled = false;
    if (this.outbox.isEmpty) return;
    const events = this.feed.flush(this.outbox);
    this.#context.counters.events += events;
    if (events > 0) this.#context.counters.frames++;
    this.#context.snapshotter.mark(this);
  }

  #admit(link: MemberLink, meta: Uint8Array | null): Pick<Rejection, 'code' | 'text'> | null {
    if (this.#closed) return { code: 'room-closed', text: null };
    if (this.roster.size >= this.type.membersMax) return { code: 'room-full', text: null };
    const member = new Member(this.roster.nextNumber, link.session, meta === null ? null : meta.slice());
    this.roster.add(member);
    this.#attach(member, link);
    const mark = this.outbox.mark();
    if (this.type.presence) this.outbox.joined(member);
    const rejection = this.#script?.joined(member) ?? null;
    if (rejection) {
      this.outbox.rollback(mark);
      this.roster.remove(member.number);
      link.member = 0;
      return rejection;
    }
    if (this.roster.size === 1) this.#events.onOccupied(true);
    this.#schedule();
    return null;
  }

  #attach(member: Member, link: MemberLink): void {
    member.link = link;
    member.generation = link.session.generation;
    member.graceEndsAt = 0;
    link.member = member.number;
    this.roster.statusChanged();
    this.roster.touch(member);
  }

  #answerJoin(link: MemberLink, request: JoinRequest): (() => void) | null {
    const member = this.memberOf(link);
    if (!member) return null;
    const { feed, room } = this;
    const { req, since } = request;
    const missed = since ? feed.history.since(since) : null;
    const at = missed && since ? since.seq : feed.seq;
    const [roster, state] = missed ? [null, null] : [this.#encodedRoster(), this.state.encode()];
    const frame = encodeJoined(req, room, feed.epoch, at, member.number, member.cseq, roster, state);
    if (missed) this.#context.counters.catchUps++;
    const { epoch, seq } = feed;
    return () => link.joined(req, epoch, seq, missed ? [frame, ...missed.map((entry) => entry.frame)] : [frame]);
  }

  /** The member that may run command `cseq` through this link now, or null after the client was told why not. */
  #accept(link: MemberLink, cseq: number): Member | null {
    const member = this.memberOf(link);
    if (!member) {
      this.#error(link, 'not-joined', null, cseq);
      return null;
    }
    if (cseq <= member.cseq) {
      this.outbox.ack(member);
      this.#schedule();
      return null;
    }
    if (cseq > member.cseq + 1) {
      link.send(this.#outOfOrder(member));
      return null;
    }
    if (this.feed.isHolding) {
      this.#error(link, 'unavailable', null, cseq);
      return null;
    }
    if (this.#closed) {
      this.#reject(member, cseq, 'room-closed', null);
      return null;
    }
    return member;
  }

  #applied(member: Member, cseq: number): void {
    member.cseq = cseq;
    this.roster.touch(member);
    if (this.outbox.bytes > FRAME_BYTES_SOFT_MAX) this.flush();
    else this.#schedule();
  }

  /** A command of a defined room has no event of its own: an ACK says that it is done. */
  #doneSilently(member: Member, cseq: number): void {
    if (this.type.durability === 'log') this.outbox.done(member.number, cseq);
    this.outbox.ack(member);
  }

  #reject(member: Member, cseq: number, code: ErrorCode, text: string | null): void {
    if (!ERROR_CODES[code].retry) {
      member.cseq = cseq;
      this.roster.touch(member);
      this.#context.snapshotter.mark(this);
    }
    if (member.link) this.#error(member.link, code, text, cseq);
  }

  #error(link: MemberLink, code: ErrorCode, text: string | null, cseq: number): void {
    link.send(encodeError(code, text, { room: this.room, cseq }));
  }

  #outOfOrder(member: Member): Uint8Array {
    const expected = member.cseq + 1;
    return encodeError('out-of-order', `expected ${expected}`, { room: this.room, cseq: expected });
  }

  /** LEAVE may come again behind lost packets, through a link that is not attached: the session decides then. */
  #leaving(link: MemberLink): Member | null {
    const member = this.roster.bySid(link.session.sid);
    return member && member.generation <= link.session.generation ? member : null;
  }

  #remove(member: Member, reason: LeftReason): void {
    this.#script?.left(
      member,
      reason === LEFT_REASON.left ? 'left' : reason === LEFT_REASON.removed ? 'removed' : 'timeout',
    );
    if (member.link) member.link.member = 0;
    this.roster.remove(member.number);
    if (this.type.presence) this.outbox.left(member, reason);
    if (this.roster.size === 0) this.#events.onOccupied(false);
    this.#context.snapshotter.mark(this);
    this.#schedule();
  }

  #encodedRoster(): Uint8Array {
    return this.type.presence ? this.roster.encode() : EMPTY_ROSTER;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#context.flusher.schedule(this);
  }
}

/** An encoded array of none. */
const EMPTY_ROSTER = new Uint8Array([0x90]);
