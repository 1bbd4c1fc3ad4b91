/**
 * The commands of a room's members, on its owner: each is applied once and in cseq order (P15, P16), or refused with a
 * reason. A relay room says the command itself; a defined room asks its handlers.
 */
import { ERROR_CODES, type ErrorCode } from '../protocol/codes.ts';
import { patchFits, readPatch } from '../protocol/patch.ts';
import { Reader } from '../protocol/reader.ts';
import { encodeError } from '../protocol/server-frame.ts';
import type { Member } from './member.ts';
import type { MemberLink } from './member-link.ts';
import type { Owner } from './owner.ts';
import type { Script } from './script.ts';

export class OrderedCommands {
  readonly #owner: Owner;
  readonly #script: Script | null;
  readonly #reader = new Reader();

  constructor(owner: Owner, script: Script | null) {
    this.#owner = owner;
    this.#script = script;
  }

  message(link: MemberLink, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const member = this.#accept(link, cseq);
    if (!member) return;
    const { outbox } = this.#owner;
    if (this.#script) {
      this.#reader.reset(bytes, start, end);
      const rejection = this.#script.message(member, this.#reader.bin('payload'));
      if (rejection) return this.#reject(member, cseq, rejection.code, rejection.text);
      // It has no event of its own: an ACK says that it is done, and the log remembers it.
      outbox.done(member, cseq);
    } else {
      outbox.message(member.number, cseq, bytes, start, end);
    }
    this.#applied(member, cseq);
  }

  patch(link: MemberLink, cseq: number, bytes: Uint8Array, start: number, end: number): void {
    const member = this.#accept(link, cseq);
    if (!member) return;
    const { type, state, outbox, stateBytesMax } = this.#owner;
    if (!type.membersMaySet) {
      return this.#reject(member, cseq, 'forbidden', 'members of this room may not SET its state');
    }
    const misfit = patchFits(bytes, start, end);
    if (misfit) return this.#reject(member, cseq, misfit, null);
    const mark = outbox.mark();
    state.begin();
    outbox.patch(member.number, cseq, bytes, start, end);
    const set = (key: string, from: number, to: number): void => state.set(key, bytes.slice(from, to));
    readPatch(bytes, start, end, set, (key) => void state.delete(key));
    if (state.bytes > stateBytesMax) {
      state.rollback();
      outbox.rollback(mark);
      return this.#reject(member, cseq, 'too-large', `the state has at most ${stateBytesMax} bytes`);
    }
    state.keep();
    this.#applied(member, cseq);
  }

  /** The member that may run command `cseq` through this link now, or null after the client was told why not. */
  #accept(link: MemberLink, cseq: number): Member | null {
    const owner = this.#owner;
    const member = owner.memberOf(link);
    if (!member) return this.#refuse(link, 'not-joined', null, cseq);
    if (cseq <= member.cseq) {
      owner.outbox.ack(member);
      owner.schedule();
      return null;
    }
    const expected = member.cseq + 1;
    if (cseq > expected) return this.#refuse(link, 'out-of-order', `expected ${expected}`, expected);
    if (owner.feed.isHolding) return this.#refuse(link, 'unavailable', null, cseq);
    if (owner.isClosed) {
      this.#reject(member, cseq, 'room-closed', null);
      return null;
    }
    return member;
  }

  #applied(member: Member, cseq: number): void {
    const owner = this.#owner;
    member.cseq = cseq;
    owner.roster.touch(member);
    owner.flushWhenLarge();
  }

  #reject(member: Member, cseq: number, code: ErrorCode, text: string | null): void {
    if (!ERROR_CODES[code].retry) {
      member.cseq = cseq;
      this.#owner.roster.touch(member);
      this.#owner.changed();
    }
    if (member.link) this.#refuse(member.link, code, text, cseq);
  }

  #refuse(link: MemberLink, code: ErrorCode, text: string | null, cseq: number): null {
    link.send(encodeError(code, text, { room: this.#owner.room, cseq }));
    return null;
  }
}
