/** The answer to a JOIN, encoded at the flush, where state and seq agree: what was missed (P7), or the whole room (P6). */
import type { Counters } from '../base/counters.ts';
import { encodeError, encodeJoined } from '../protocol/server-frame.ts';
import type { MemberLink } from './member-link.ts';
import type { Owner } from './owner.ts';
import type { JoinRequest } from './ports.ts';

export function answerJoin(owner: Owner, link: MemberLink, request: JoinRequest, counters: Counters): () => void {
  const { feed, room } = owner;
  const { req, since } = request;
  const member = owner.memberOf(link);
  // It ended in the turn that it began in.
  if (!member) return () => link.refused(req, encodeError('not-joined', 'the membership is over', { req, room }));
  const { epoch, seq } = feed;
  const missed = since ? feed.history.since(since) : null;
  const at = missed && since ? since.seq : seq;
  const [roster, state] = missed ? [null, null] : [owner.encodedRoster(), owner.state.encode()];
  const frame = encodeJoined(req, room, epoch, at, member.number, member.cseq, roster, state);
  if (missed) counters.catchUps++;
  const frames = missed ? [frame, ...missed.map((entry) => entry.frame)] : [frame];
  return () => link.joined(req, member.number, { epoch, seq }, frames);
}
