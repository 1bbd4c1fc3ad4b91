/** The answer to a JOIN, taken at the flush, where state and seq agree: what was missed (P7), or the whole room (P6). */
import type { Counters } from '../base/counters.ts';
import { encodeError } from '../protocol/server-frame.ts';
import type { JoinAnswer, MemberLink } from './member-link.ts';
import type { Owner } from './owner.ts';
import type { JoinRequest, Position } from './ports.ts';

export function answerJoin(owner: Owner, link: MemberLink, request: JoinRequest, counters: Counters): () => void {
  const { room } = owner;
  const { req, since } = request;
  const member = owner.memberOf(link);
  // It ended in the turn that it began in.
  if (!member) return () => link.refused(req, encodeError('not-joined', 'the membership is over', { req, room }));
  const caughtUp = since ? catchUp(owner, since) : null;
  if (caughtUp) counters.catchUps++;
  const answer = caughtUp ?? whole(owner);
  const { number, cseq } = member;
  return () => link.joined(req, number, cseq, answer);
}

function catchUp({ feed }: Owner, since: Position): JoinAnswer | null {
  const { epoch, seq, history } = feed;
  const frames = history.since(since)?.map((entry) => entry.frame);
  return frames ? { epoch, seq: since.seq, roster: null, state: null, frames, end: seq } : null;
}

/** Both encodings are kept until something changes, so all who join in one turn share them. */
function whole(owner: Owner): JoinAnswer {
  const { epoch, seq } = owner.feed;
  return { epoch, seq, roster: owner.encodedRoster(), state: owner.state.encode(), frames: [], end: seq };
}
