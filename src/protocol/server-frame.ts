/**
 * What a node says (PROTOCOL section 4). Frames come as fresh bytes that nothing else holds; events go into the
 * caller's writer, and the header of an EVENTS frame is put in front of them once their number is known.
 */
import { assert } from '../base/assert.ts';
import { ERROR_CODES, type ErrorCode } from './codes.ts';
import { type Limits, ROOM_NAME_BYTES_MAX, WELCOME_LIMITS } from './limits.ts';
import { EVENT, type LeftReason, SERVER_OP, type Status, type SyncReason } from './op.ts';
import { arraySize, putArray, putUint, uintSize } from './put.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** Array header, opcode, room (two bytes of header), epoch, first, and the header of the events array. */
export const EVENTS_HEADER_MAX = 1 + 1 + (2 + ROOM_NAME_BYTES_MAX) + 9 + 9 + 5;

/** What an ERROR is about; `retry` only where it differs from the catalogue. */
export interface ErrorSubject {
  readonly req?: number | null | undefined;
  readonly room?: string | null | undefined;
  readonly cseq?: number | null | undefined;
  readonly retry?: boolean | undefined;
}

// Each encoder fills it and takes a copy before it returns, so one is enough.
const scratch = new Writer(1024);
const header = new Reader();

function begin(elements: number, op: number): Writer {
  scratch.reset();
  scratch.array(elements);
  scratch.uint(op);
  return scratch;
}

function uintOrNil(w: Writer, n: number | null | undefined): void {
  if (n === null || n === undefined) w.nil();
  else w.uint(n);
}

/** `encoded` is a whole MessagePack value already. */
function encodedOrNil(w: Writer, encoded: Uint8Array | null): void {
  if (encoded === null) w.nil();
  else w.raw(encoded);
}

function binOrNil(w: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) w.nil();
  else w.bin(bytes);
}

export function encodeStr(s: string): Uint8Array {
  scratch.reset();
  scratch.str(s);
  return scratch.take();
}

/** `tail` is of `encodeWelcomeTail`: it is the same for all clients of a node. */
export function encodeWelcome(sid: string, resume: string, tail: Uint8Array): Uint8Array {
  const w = begin(5, SERVER_OP.welcome);
  w.str(sid);
  w.str(resume);
  w.raw(tail);
  return w.take();
}

export function encodeWelcomeTail(node: string, limits: Limits): Uint8Array {
  scratch.reset();
  const w = scratch;
  w.str(node);
  w.map(WELCOME_LIMITS.length);
  for (const name of WELCOME_LIMITS) {
    w.str(name);
    w.uint(limits[name]);
  }
  return w.take();
}

/** `roster` and `state` are encoded values; both null where EVENTS follow from `seq + 1` (P7). */
export function encodeJoined(
  req: number,
  room: string,
  epoch: number,
  seq: number,
  me: number,
  cseq: number,
  roster: Uint8Array | null,
  state: Uint8Array | null,
): Uint8Array {
  const w = begin(9, SERVER_OP.joined);
  w.uint(req);
  w.str(room);
  w.uint(epoch);
  w.uint(seq);
  w.uint(me);
  w.uint(cseq);
  encodedOrNil(w, roster);
  encodedOrNil(w, state);
  return w.take();
}

export function encodeLeft(req: number, room: string): Uint8Array {
  const w = begin(3, SERVER_OP.left);
  w.uint(req);
  w.str(room);
  return w.take();
}

/** `roster` and `state` are encoded values. */
export function encodeSync(
  room: string,
  epoch: number,
  seq: number,
  me: number,
  cseq: number,
  roster: Uint8Array,
  state: Uint8Array,
  reason: SyncReason,
): Uint8Array {
  const w = begin(9, SERVER_OP.sync);
  w.str(room);
  w.uint(epoch);
  w.uint(seq);
  w.uint(me);
  w.uint(cseq);
  w.raw(roster);
  w.raw(state);
  w.str(reason);
  return w.take();
}

export function encodePong(t: number, now: number): Uint8Array {
  const w = begin(3, SERVER_OP.pong);
  w.uint(t);
  w.uint(now);
  return w.take();
}

export function encodeAck(room: string, cseq: number): Uint8Array {
  const w = begin(3, SERVER_OP.ack);
  w.str(room);
  w.uint(cseq);
  return w.take();
}

/** `message` null: the catalogue's text. */
export function encodeError(code: ErrorCode, message: string | null, about: ErrorSubject = {}): Uint8Array {
  const w = begin(7, SERVER_OP.error);
  w.str(code);
  w.str(message ?? ERROR_CODES[code].text);
  w.bool(about.retry ?? ERROR_CODES[code].retry);
  uintOrNil(w, about.req);
  if (about.room === null || about.room === undefined) w.nil();
  else w.str(about.room);
  uintOrNil(w, about.cseq);
  return w.take();
}

export function encodeGoaway(reason: string, afterMs: number): Uint8Array {
  const w = begin(3, SERVER_OP.goaway);
  w.str(reason);
  w.uint(afterMs);
  return w.take();
}

export function encodeDirect(room: string, member: number, payload: Uint8Array): Uint8Array {
  const w = begin(4, SERVER_OP.direct);
  w.str(room);
  w.uint(member);
  w.bin(payload);
  return w.take();
}

export function encodeClosed(room: string, reason: string): Uint8Array {
  const w = begin(3, SERVER_OP.closed);
  w.str(room);
  w.str(reason);
  return w.take();
}

export function encodePosition(room: string, epoch: number, seq: number): Uint8Array {
  const w = begin(4, SERVER_OP.position);
  w.str(room);
  w.uint(epoch);
  w.uint(seq);
  return w.take();
}

/**
 * Writes the front of an EVENTS frame so that it ends at `end`, where the encoded events begin, and answers where it
 * starts. `room` is the encoded str. The caller keeps EVENTS_HEADER_MAX bytes free before `end`.
 */
export function writeEventsHeader(
  target: Uint8Array,
  end: number,
  room: Uint8Array,
  epoch: number,
  first: number,
  count: number,
): number {
  const start = end - 2 - room.length - uintSize(epoch) - uintSize(first) - arraySize(count);
  assert(start >= 0 && end <= target.length, 'space for the header in front of the events');
  let pos = putArray(target, start, 5);
  pos = putUint(target, pos, SERVER_OP.events);
  target.set(room, pos);
  pos = putUint(target, pos + room.length, epoch);
  pos = putUint(target, pos, first);
  putArray(target, pos, count);
  return start;
}

/** The same EVENTS under another epoch; the events are copied as they are. */
export function withEpoch(frame: Uint8Array, epoch: number): Uint8Array {
  header.reset(frame);
  header.array('EVENTS');
  header.uint('op');
  header.skipStr('room');
  const from = header.pos;
  header.uint('epoch');
  const rest = frame.subarray(header.pos);
  const size = uintSize(epoch);
  const copy = new Uint8Array(from + size + rest.length);
  copy.set(frame.subarray(0, from));
  putUint(copy, from, epoch);
  copy.set(rest, from + size);
  return copy;
}

/** The range is the encoded payload value, as readClientFrame answers it. */
export function writeMessage(
  w: Writer,
  member: number,
  cseq: number,
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
): void {
  w.array(4);
  w.uint(EVENT.message);
  w.uint(member);
  w.uint(cseq);
  w.raw(bytes, bodyStart, bodyEnd);
}

export function writeJoined(w: Writer, member: number, user: string, meta: Uint8Array | null): void {
  w.array(4);
  w.uint(EVENT.joined);
  w.uint(member);
  w.str(user);
  binOrNil(w, meta);
}

export function writeLeft(w: Writer, member: number, reason: LeftReason): void {
  w.array(3);
  w.uint(EVENT.left);
  w.uint(member);
  w.uint(reason);
}

/** The range is the two encoded values `set` and `del`, as readClientFrame answers it. */
export function writeState(
  w: Writer,
  member: number,
  cseq: number,
  bytes: Uint8Array,
  bodyStart: number,
  bodyEnd: number,
): void {
  writeStateHead(w, member, cseq);
  w.raw(bytes, bodyStart, bodyEnd);
}

/** A state event up to the two values `set` and `del`, which the caller writes. */
export function writeStateHead(w: Writer, member: number, cseq: number): void {
  w.array(5);
  w.uint(EVENT.state);
  w.uint(member);
  w.uint(cseq);
}

export function writeStatus(w: Writer, member: number, status: Status): void {
  w.array(3);
  w.uint(EVENT.status);
  w.uint(member);
  w.uint(status);
}

export function writeRosterEntry(
  w: Writer,
  member: number,
  user: string,
  status: Status,
  meta: Uint8Array | null,
): void {
  w.array(4);
  w.uint(member);
  w.str(user);
  w.uint(status);
  binOrNil(w, meta);
}
