/**
 * What a frame in the log does not say by itself, and a later owner must know (P17, P18): the members that joined, with
 * their sessions, and the commands that were done without an event of their own.
 */
import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';
import { decodeMember, encodeMember, type Member } from './member.ts';

export interface LogNote {
  /** The last command of each member that the frame made done. */
  readonly done: ReadonlyMap<number, number>;
  readonly joined: readonly Member[];
}

const NOTHING: LogNote = { done: new Map(), joined: [] };

/** `[[member, cseq, …], [member, its stored form, …]]`; null with nothing to note. */
export function encodeNote({ done, joined }: LogNote): Uint8Array | null {
  if (done.size === 0 && joined.length === 0) return null;
  const w = new Writer(64);
  w.array(2);
  w.array(done.size * 2);
  for (const [member, cseq] of done) {
    w.uint(member);
    w.uint(cseq);
  }
  w.array(joined.length * 2);
  for (const member of joined) {
    w.uint(member.number);
    w.bin(encodeMember(member));
  }
  return w.take();
}

export function decodeNote(bytes: Uint8Array | null): LogNote {
  if (bytes === null) return NOTHING;
  const r = new Reader();
  r.reset(bytes);
  r.array('note');
  const done = new Map<number, number>();
  for (let left = r.array('done'); left > 0; left -= 2) done.set(r.uint('member'), r.uint('cseq'));
  const joined: Member[] = [];
  for (let left = r.array('joined'); left > 0; left -= 2) joined.push(decodeMember(r.uint('number'), r.bin('member')));
  return { done, joined };
}
