/**
 * What a client says (PROTOCOL section 3), read by a node. One ClientFrame is filled again for frame after frame, and
 * texts and bodies are byte ranges of the frame, so that the hot path (SEND) allocates nothing.
 *
 * Checks the shape only (P3). A room name, a key or a meta that is too long is well-formed and served with an ERROR.
 */
import { expectCount, FrameFault } from './frame-fault.ts';
import { PROTOCOL_VERSION } from './limits.ts';
import { CLIENT_OP, type ClientOp } from './op.ts';
import { Reader } from './reader.ts';
import { decodeUtf8 } from './utf8.ts';

/** A field holds what the last frame said where `op` has it, and anything elsewhere. Ranges are of that frame's bytes. */
export class ClientFrame {
  op: ClientOp = CLIENT_OP.ping;
  version = 0;
  token: string | null = null;
  resume: string | null = null;
  req = 0;
  /** The room's name, without the str header. */
  roomStart = 0;
  roomEnd = 0;
  hasSince = false;
  sinceEpoch = 0;
  sinceSeq = 0;
  /** The meta's content, without the bin header; -1 where it is nil. */
  metaStart = -1;
  metaEnd = -1;
  cseq = 0;
  /** SEND: the encoded payload value. SET: the two encoded values `set` and `del`. */
  bodyStart = 0;
  bodyEnd = 0;
  t = 0;
  readonly reader = new Reader();

  room(bytes: Uint8Array): string {
    return decodeUtf8(bytes, this.roomStart, this.roomEnd);
  }
}

/** Throws FrameFault where `bytes` are not exactly one frame of section 3. */
export function readClientFrame(bytes: Uint8Array, into: ClientFrame): void {
  const r = into.reader;
  r.reset(bytes);
  // Secrets of an earlier HELLO must not be readable through a later frame.
  into.token = null;
  into.resume = null;
  const count = r.array('frame');
  if (count === 0) throw new FrameFault('frame: no opcode');
  const op = r.uint('opcode');
  switch (op) {
    case CLIENT_OP.send:
      expectCount(count, 4, 'SEND');
      readRoom(r, into, 'SEND room');
      readCseq(r, into, 'SEND cseq');
      into.bodyStart = r.pos;
      r.skipBin('SEND payload');
      into.bodyEnd = r.pos;
      break;
    case CLIENT_OP.set:
      expectCount(count, 5, 'SET');
      readRoom(r, into, 'SET room');
      readCseq(r, into, 'SET cseq');
      readPatchRange(r, into);
      break;
    case CLIENT_OP.ping:
      expectCount(count, 2, 'PING');
      into.t = r.uint('PING t');
      break;
    case CLIENT_OP.join:
      expectCount(count, 5, 'JOIN');
      into.req = r.uint('JOIN req');
      readRoom(r, into, 'JOIN room');
      readSince(r, into);
      readMeta(r, into);
      break;
    case CLIENT_OP.leave:
      expectCount(count, 3, 'LEAVE');
      into.req = r.uint('LEAVE req');
      readRoom(r, into, 'LEAVE room');
      break;
    case CLIENT_OP.hello:
      readHello(r, into, count);
      break;
    default:
      throw new FrameFault(`opcode: ${op} is unknown`);
  }
  r.done('frame');
  into.op = op;
}

/**
 * Of a HELLO in another version only the version is looked at, since the shape of the rest is that version's own: the
 * client is to learn that its version is not spoken (4504), not that its frame is bad.
 */
function readHello(r: Reader, into: ClientFrame, count: number): void {
  if (count < 2) expectCount(count, 4, 'HELLO');
  into.version = r.uint('HELLO version');
  if (into.version !== PROTOCOL_VERSION) {
    for (let left = count - 2; left > 0; left--) r.skip('HELLO');
    return;
  }
  expectCount(count, 4, 'HELLO');
  into.token = r.nil() ? null : r.str('HELLO token');
  into.resume = r.nil() ? null : r.str('HELLO resume');
}

function readRoom(r: Reader, into: ClientFrame, what: string): void {
  r.skipStr(what);
  into.roomStart = r.bodyStart;
  into.roomEnd = r.bodyEnd;
}

function readCseq(r: Reader, into: ClientFrame, what: string): void {
  into.cseq = r.uint(what);
  if (into.cseq === 0) throw new FrameFault(`${what}: is 0`);
}

function readSince(r: Reader, into: ClientFrame): void {
  into.hasSince = !r.nil();
  if (!into.hasSince) return;
  expectCount(r.array('JOIN since'), 2, 'JOIN since');
  into.sinceEpoch = r.uint('JOIN since epoch');
  into.sinceSeq = r.uint('JOIN since seq');
}

function readMeta(r: Reader, into: ClientFrame): void {
  into.metaStart = -1;
  into.metaEnd = -1;
  if (r.nil()) return;
  r.skipBin('JOIN meta');
  into.metaStart = r.bodyStart;
  into.metaEnd = r.bodyEnd;
}

function readPatchRange(r: Reader, into: ClientFrame): void {
  into.bodyStart = r.pos;
  for (let left = r.map('SET set'); left > 0; left--) {
    r.skipStr('SET key');
    r.skipBin('SET value');
  }
  for (let left = r.array('SET del'); left > 0; left--) r.skipStr('SET del key');
  into.bodyEnd = r.pos;
}
