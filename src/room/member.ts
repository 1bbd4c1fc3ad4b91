import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';
import type { RoomMember } from './definition.ts';
import type { MemberLink } from './member-link.ts';
import type { SessionIdentity } from './ports.ts';

/** A session inside a room. */
export class Member implements RoomMember {
  readonly number: number;
  readonly sid: string;
  readonly user: string;
  readonly meta: Uint8Array | null;
  /** The highest command applied (P8). */
  cseq = 0;
  /** Of the connection that attached last; a JOIN of an older one loses. */
  generation = 0;
  /** The one connection whose commands count; null while away. */
  link: MemberLink | null = null;
  /** When the grace time is over, on the clock; 0 for who was never away. Counts for nothing while here. */
  graceEndsAt = 0;
  /** An ACK goes out with the next flush. */
  ackDue = false;
  /** Being taken out: its onLeave runs, which may ask for the same. */
  isLeaving = false;

  constructor(number: number, identity: Pick<SessionIdentity, 'sid' | 'user'>, meta: Uint8Array | null) {
    this.number = number;
    this.sid = identity.sid;
    this.user = identity.user;
    this.meta = meta;
  }

  get here(): boolean {
    return this.link !== null;
  }
}

const MEMBER_FIELDS = 5;
// Filled and copied within one call.
const scratch = new Writer(256);

/** The value of a member's field in the room hash: `[sid, user, meta | nil, cseq, generation]`. */
export function encodeMember(member: Member): Uint8Array {
  scratch.reset();
  scratch.array(MEMBER_FIELDS);
  scratch.str(member.sid);
  scratch.str(member.user);
  if (member.meta) scratch.bin(member.meta);
  else scratch.nil();
  scratch.uint(member.cseq);
  scratch.uint(member.generation);
  return scratch.take();
}

export function decodeMember(number: number, bytes: Uint8Array): Member {
  const reader = new Reader();
  reader.reset(bytes);
  reader.array('member');
  const identity = { sid: reader.str('sid'), user: reader.str('user') };
  const meta = reader.nil() ? null : reader.bin('meta').slice();
  const member = new Member(number, identity, meta);
  member.cseq = reader.uint('cseq');
  member.generation = reader.uint('generation');
  return member;
}
