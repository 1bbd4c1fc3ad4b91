/**
 * The owner of a room: it alone orders the room's events. Takes joins and commands from links (seats here, connections
 * behind edges) and says what comes of them through its outbox.
 *
 * A member takes commands from the one link that it is attached through. State changes at once; everything that is
 * said about it leaves with the flush at the end of the turn.
 */
import { LEFT_REASON, type LeftReason, STATUS, type SyncReason } from '../protocol/op.ts';
import { encodeClosed, encodeError, encodeLeft } from '../protocol/server-frame.ts';
import { answerJoin } from './answer-join.ts';
import type { OwnerEvents, RoomContext } from './context.ts';
import type { RoomType } from './definition.ts';
import { Doubts } from './doubts.ts';
import { Feed } from './feed.ts';
import { Member } from './member.ts';
import type { MemberLink, RoomView } from './member-link.ts';
import { OrderedCommands } from './ordered-commands.ts';
import { Outbox, type Reply } from './outbox.ts';
import type { JoinRequest, LeaveRequest } from './ports.ts';
import type { Rejection } from './rejection.ts';
import { EMPTY_ROSTER, type Roster } from './roster.ts';
import { Script } from './script.ts';
import type { ClaimedRoom, Revisions } from './snapshot.ts';
import type { RoomState } from './state.ts';

const FRAME_BYTES_SOFT_MAX = 48 * 1024;

export class Owner {
  readonly room: string;
  readonly type: RoomType;
  readonly roster: Roster;
  readonly state: RoomState;
  readonly outbox: Outbox;
  readonly feed: Feed;
  readonly commands: OrderedCommands;
  readonly revisions: Revisions;
  readonly stateBytesMax: number;
  readonly events: OwnerEvents;
  readonly #context: RoomContext;
  readonly #script: Script | null;
  readonly #doubts: Doubts;
  #scheduled = false;
  /** Why the room's code has ended it. */
  closeReason: string | null = null;
  /** The room goes to the directory or to another node as it stands. */
  isGivenUp = false;
  /** CLOSED, until the flush that says it behind everything else. */
  #closing: Uint8Array | null = null;

  constructor(room: string, type: RoomType, loaded: ClaimedRoom, context: RoomContext, events: OwnerEvents) {
    this.room = room;
    this.type = type;
    this.roster = loaded.roster;
    this.state = loaded.state;
    this.revisions = loaded.revisions;
    this.outbox = new Outbox(loaded.state);
    this.stateBytesMax = context.options.stateBytesMax;
    this.#context = context;
    this.events = events;
    const { publisher, post, flusher } = context;
    this.feed = new Feed(loaded, publisher, post, flusher, () => events.onFenced(), {
      room,
      self: context.self,
      log: type.durability === 'log',
      historyBytesMax: context.options.historyBytesMax,
      tenure: loaded.tenure,
    });
    const { handlers } = type;
    this.#script = handlers ? new Script(handlers, this, context.clock, context.log, context.counters) : null;
    this.commands = new OrderedCommands(this, this.#script);
    this.#doubts = new Doubts(context.clock, context.snapshotter);
  }

  get epoch(): number {
    return this.feed.epoch;
  }

  get isClosed(): boolean {
    return this.closeReason !== null;
  }

  /** Runs onCreate; called once, when the room is in place. */
  created(): void {
    this.#script?.created();
    this.schedule();
  }

  join(link: MemberLink, request: JoinRequest): void {
    if (!this.feed.isHolding && this.#doubts.holds(this, link, request)) return;
    // Its answer would be held, with a copy of the state: a client that asks on would fill the node.
    const refusal = this.feed.isHolding ? HOLDING : this.enter(link, request.meta);
    if (refusal) {
      const { code, text } = refusal;
      return link.refused(request.req, encodeError(code, text, { req: request.req, room: this.room }));
    }
    this.#context.counters.joins++;
    this.answer(() => answerJoin(this, link, request, this.#context.counters));
    this.flushWhenLarge();
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
    this.schedule();
    return null;
  }

  leave(link: MemberLink, { req, me }: LeaveRequest): void {
    const member = this.#leaving(link, me);
    if (member) this.takeOut(member, LEFT_REASON.left);
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
    this.events.onAway();
    this.schedule();
  }

  tick(elapsedMs: number): void {
    // A room whose events nobody gets stands still.
    if (this.feed.isHolding) return;
    this.#script?.ticked(elapsedMs);
    if (!this.outbox.isEmpty) this.#context.flusher.scheduleAtOnce(this);
  }

  /** Takes out the members whose grace time is over; answers whether others are still away. */
  sweepGrace(now: number): boolean {
    const { isHolding } = this.feed;
    let waiting = false;
    for (const member of [...this.roster.members.values()]) {
      if (member.here) continue;
      // Who is away from a room that takes no joins has its time from when it takes them again.
      if (isHolding) member.graceEndsAt = Math.max(member.graceEndsAt, now + this.type.graceMs);
      if (member.graceEndsAt <= now) this.takeOut(member, LEFT_REASON.graceOver);
      else waiting = true;
    }
    return waiting;
  }

  /** The whole room as it will stand after the flush under way; for use in a reply. */
  view(reason: SyncReason): RoomView {
    const { epoch, seq } = this.feed;
    this.#context.counters.resyncs++;
    return { epoch, seq, roster: this.encodedRoster(), state: this.state.encode(), reason };
  }

  /** Something to say behind this turn's frame: encoded at the flush, delivered by the function it returns. */
  answer(reply: Reply): void {
    this.outbox.reply(reply);
    this.schedule();
  }

  /** The member that is attached through this link. */
  memberOf(link: MemberLink): Member | null {
    const member = this.roster.get(link.member);
    return member && member.link === link ? member : null;
  }

  /** For handlers: takes a member out. */
  remove(member: Member): void {
    const { link, isLeaving } = member;
    this.takeOut(member, LEFT_REASON.removed);
    if (!link || isLeaving) return;
    // For clients of rooms without presence, which see no event of it: a not-joined would make them join again.
    const frame = encodeError('unauthorized', 'removed by the room', { room: this.room });
    this.answer(() => () => link.left(frame));
  }

  /** For handlers: ends the room. */
  close(reason: string): void {
    if (this.isClosed) return;
    this.closeReason = reason;
    this.#closing = encodeClosed(this.room, reason);
    this.schedule();
  }

  flush(): void {
    this.#scheduled = false;
    const closing = this.#closing;
    if (closing) this.outbox.reply(() => () => this.events.onClosed(closing));
    this.#closing = null;
    if (this.outbox.isEmpty) return;
    const events = this.feed.flush(this.outbox);
    this.#context.counters.events += events;
    if (events > 0) this.#context.counters.frames++;
    this.#context.snapshotter.mark(this);
  }

  #admit(link: MemberLink, meta: Uint8Array | null): Pick<Rejection, 'code' | 'text'> | null {
    if (this.isClosed) return { code: 'room-closed', text: null };
    if (this.roster.size >= this.type.membersMax) return { code: 'room-full', text: null };
    const member = new Member(this.roster.nextNumber, link.session, meta === null ? null : meta.slice());
    this.roster.add(member);
    this.#attach(member, link);
    const mark = this.outbox.mark();
    this.outbox.joined(member, this.type.presence);
    const rejection = this.#script?.joined(member) ?? null;
    if (rejection) {
      this.outbox.rollback(mark);
      this.roster.remove(member.number);
      link.member = 0;
      return rejection;
    }
    if (this.roster.size === 1) this.events.onOccupied(true);
    this.schedule();
    return null;
  }

  #attach(member: Member, link: MemberLink): void {
    member.link = link;
    member.generation = link.session.generation;
    link.member = member.number;
    this.roster.statusChanged();
    this.roster.touch(member);
  }

  /** LEAVE may come again behind lost packets, through a link that is not attached: the session decides then. */
  #leaving({ session }: MemberLink, me: number): Member | null {
    const member = this.roster.bySid(session.sid);
    if (!member || member.generation > session.generation) return null;
    return me === 0 || member.number <= me ? member : null;
  }

  /** Ends a membership, for that reason. */
  takeOut(member: Member, reason: LeftReason): void {
    if (member.isLeaving) return;
    member.isLeaving = true;
    this.#script?.left(
      member,
      reason === LEFT_REASON.left ? 'left' : reason === LEFT_REASON.removed ? 'removed' : 'timeout',
    );
    if (member.link) member.link.member = 0;
    this.roster.remove(member.number);
    this.outbox.left(member, reason, this.type.presence);
    if (this.roster.size === 0) this.events.onOccupied(false);
    this.changed();
    this.schedule();
  }

  /** As JOINED and SYNC carry it. */
  encodedRoster(): Uint8Array {
    return this.type.presence ? this.roster.encode() : EMPTY_ROSTER;
  }

  /** Something to store changed that has no event. */
  changed(): void {
    this.#context.snapshotter.mark(this);
  }

  /** Seals a large outbox now, and any other at the end of the turn: a frame is at most that, and one command or join. */
  flushWhenLarge(): void {
    if (this.outbox.bytes > FRAME_BYTES_SOFT_MAX) this.flush();
    else this.schedule();
  }

  /** Others have reason to think that the room is not ours. */
  verify(): void {
    this.#context.snapshotter.touch(this);
  }

  /** The outbox is flushed at the end of this turn. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#context.flusher.schedule(this);
  }
}

const HOLDING: Pick<Rejection, 'code' | 'text'> = {
  code: 'unavailable',
  text: 'the room waits for the store',
};
