/**
 * What an owner does when an edge attaches: after a take-over, or because packets between the two were lost. It brings
 * its view of the edge's connections in line, sends the frames that the edge misses or a fresh start, and tells each
 * member where its commands stand, since those may be lost as well (P16).
 */
import type { NodeKey } from '../cluster/ports.ts';
import { LEFT_REASON, STATUS } from '../protocol/op.ts';
import { encodeAck, encodeError, withEpoch } from '../protocol/server-frame.ts';
import type { EdgeLink, RemoteLink } from './edge-link.ts';
import type { LocalSeat } from './local-seat.ts';
import type { MemberLink } from './member-link.ts';
import type { Owner } from './owner.ts';
import type { Position, Publisher } from './ports.ts';
import type { Attachment } from './relay-to-owner.ts';

export function attachEdge(owner: Owner, node: NodeKey, at: Position, seats: readonly Attachment[]): void {
  const edge = owner.feed.edge(node);
  // It is told where the room is when that is decided anew.
  if (at.epoch > owner.epoch) return owner.events.onOutdated(at.epoch);
  edge.isStale = false;
  dropGone(owner, edge, seats);
  const returned: RemoteLink[] = [];
  for (const { conn, session, me, told } of seats) {
    const link = edge.link(conn, session);
    if (me > 0 && returnOrLeave(owner, link, me, told)) returned.push(link);
  }
  owner.answer(() => answer(owner, edge, at, returned));
}

/** Encodes everything at once, so that state, seq and cseq agree; the answer of it posts. */
function answer(owner: Owner, edge: EdgeLink, at: Position, returned: readonly RemoteLink[]): () => void {
  const missed = owner.feed.history.since(at);
  const { epoch, seq } = owner.feed;
  const members = returned.flatMap((link) => {
    const member = owner.memberOf(link);
    return member ? [{ link, me: member.number, cseq: member.cseq }] : [];
  });
  if (!missed || at.epoch !== epoch) {
    const view = owner.view(at.epoch === epoch ? 'reset' : 'owner');
    const targets = members.map(({ link, me, cseq }) => ({ conn: link.conn, me, cseq }));
    return () => {
      // Its members listen under the epoch that they know, and learn the new one by SYNC.
      for (const { first, last, frame } of missed ?? []) edge.frame(at.epoch, first, last, withEpoch(frame, at.epoch));
      edge.reset(view, targets);
    };
  }
  return () => {
    for (const { first, last, frame } of missed) edge.frame(epoch, first, last, frame);
    edge.attached(epoch, seq);
    for (const { link, cseq } of members) for (const frame of commandsStand(owner.room, cseq)) link.send(frame);
  };
}

/** What a client needs to find where its commands stand, after packets were lost. */
function commandsStand(room: string, cseq: number): Uint8Array[] {
  const expected = cseq + 1;
  const lost = encodeError('out-of-order', `expected ${expected}`, { room, cseq: expected });
  return cseq > 0 ? [encodeAck(room, cseq), lost] : [lost];
}

/** The edge is gone, or sits in the room no more: its members are away. */
export function detachEdge(owner: Owner, node: NodeKey): void {
  const edge = owner.feed.edges.get(node);
  if (!edge) return;
  owner.feed.edges.delete(node);
  for (const link of edge.links.values()) owner.away(link);
  edge.links.clear();
}

/**
 * The seats of the owner's own node, after a change of owner. Those that were joined under another one stand at `at`, and
 * get what they miss under that epoch.
 */
export function attachSeats(owner: Owner, seats: Iterable<LocalSeat>, at: Position | null, publisher: Publisher): void {
  const tell = (after: number): (() => void) | null => {
    const missed = at && owner.feed.history.since({ epoch: at.epoch, seq: after });
    if (!missed) return null;
    return () => {
      for (const { frame } of missed) publisher.publish(`${owner.room}#${at.epoch}`, withEpoch(frame, at.epoch));
    };
  };
  // At once what is of that epoch; nothing of the new one goes out in front of it.
  const { seq } = owner.feed;
  const untold = at && tell(at.seq);
  untold?.();
  if (untold) owner.answer(() => tell(seq));
  for (const seat of [...seats]) attachSeat(owner, seat);
}

/**
 * Where the history goes on from an owner before, whoever resumes there (P7) believes of everybody what was true then. Those
 * who are not back yet are away until they come; the next flush says so.
 */
export function tellAway(owner: Owner): void {
  if (!owner.type.presence) return;
  for (const member of owner.roster.members.values()) if (!member.here) owner.outbox.status(member, STATUS.away);
  owner.schedule();
}

/** The owner before was about to say that the room is over: its nodes hear that, and not that the room has moved. */
export function closeAgain(owner: Owner, nodes: readonly NodeKey[], reason: string): void {
  for (const node of nodes) owner.feed.edge(node);
  owner.close(reason);
}

/** It was joined under another owner, or waits for its first answer. */
function attachSeat(owner: Owner, seat: LocalSeat): void {
  seat.member = 0;
  if (seat.leaving !== null) owner.leave(seat, seat.leaving);
  else if (seat.me > 0 && returnOrLeave(owner, seat, seat.me, seat.told)) {
    owner.answer(() => {
      const member = owner.memberOf(seat);
      if (!member) return null;
      const [view, me, cseq] = [owner.view('owner'), member.number, member.cseq];
      return () => seat.synced(view, me, cseq);
    });
  }
  if (seat.pending) owner.join(seat, seat.pending);
}

/**
 * Attaches a link to the very member that its client believes to be. Where that membership is lost, or an earlier one of
 * the session has come back with a snapshot, the client is told to join again: commands on its way carry the numbers of
 * what is lost, and one of them could pass for another under the new count (P17). Its JOIN comes behind them.
 *
 * Nor can it go on where its client was told of a history that is lost, by an owner that did not know that it was none any
 * more: another life of the session may have given commands here since, under the very numbers that it has given them.
 */
function returnOrLeave(owner: Owner, link: MemberLink, me: number, told: Position | null): boolean {
  const { session } = link;
  const member = owner.roster.bySid(session.sid);
  const isOther = member?.number === me && member.link !== link && member.generation <= session.generation;
  if (isOther && isOfLost(told, owner.feed)) owner.takeOut(member, LEFT_REASON.left);
  const refusal =
    member?.number === me && !member.isLeaving ? owner.enter(link, null) : { text: 'the membership is over' };
  if (!refusal) return true;
  link.left(encodeError('not-joined', refusal.text, { room: owner.room }));
  return false;
}

/** seq grows along a history: what was told beyond where this owner took over, in any epoch before its own, is not of it. */
function isOfLost(told: Position | null, { epoch, tookOverAt }: Owner['feed']): boolean {
  if (told === null || tookOverAt === null || told.epoch === epoch) return false;
  return told.epoch > tookOverAt.epoch || told.seq > tookOverAt.seq;
}

function dropGone(owner: Owner, edge: EdgeLink, seats: readonly Attachment[]): void {
  const there = new Set(seats.map((seat) => seat.conn));
  for (const [conn, link] of edge.links) {
    if (there.has(conn)) continue;
    edge.links.delete(conn);
    owner.away(link);
  }
}
