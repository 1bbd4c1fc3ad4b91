/** What a client says (PROTOCOL section 3), written by the SDK. Each call answers fresh bytes that nothing else holds. */
import { PROTOCOL_VERSION } from './limits.ts';
import { CLIENT_OP } from './op.ts';
import { Writer } from './writer.ts';

/** How far a client has seen a room: the last event that it has. */
export interface Since {
  readonly epoch: number;
  readonly seq: number;
}

type Entries = ReadonlyMap<string, Uint8Array> | readonly (readonly [key: string, value: Uint8Array])[];

// Each encoder fills it and takes a copy before it returns, so one is enough.
const scratch = new Writer(256);

function begin(elements: number, op: number): Writer {
  scratch.reset();
  scratch.array(elements);
  scratch.uint(op);
  return scratch;
}

export function encodeHello(token: string | null, resume: string | null): Uint8Array {
  const w = begin(4, CLIENT_OP.hello);
  w.uint(PROTOCOL_VERSION);
  if (token === null) w.nil();
  else w.str(token);
  if (resume === null) w.nil();
  else w.str(resume);
  return w.take();
}

export function encodeJoin(req: number, room: string, since: Since | null, meta: Uint8Array | null): Uint8Array {
  const w = begin(5, CLIENT_OP.join);
  w.uint(req);
  w.str(room);
  if (since === null) w.nil();
  else {
    w.array(2);
    w.uint(since.epoch);
    w.uint(since.seq);
  }
  if (meta === null) w.nil();
  else w.bin(meta);
  return w.take();
}

export function encodeLeave(req: number, room: string): Uint8Array {
  const w = begin(3, CLIENT_OP.leave);
  w.uint(req);
  w.str(room);
  return w.take();
}

export function encodeSend(room: string, cseq: number, payload: Uint8Array): Uint8Array {
  const w = begin(4, CLIENT_OP.send);
  w.str(room);
  w.uint(cseq);
  w.bin(payload);
  return w.take();
}

export function encodeSet(room: string, cseq: number, set: Entries, del: readonly string[]): Uint8Array {
  const w = begin(5, CLIENT_OP.set);
  w.str(room);
  w.uint(cseq);
  w.map('size' in set ? set.size : set.length);
  for (const [key, value] of set) {
    w.str(key);
    w.bin(value);
  }
  w.array(del.length);
  for (const key of del) w.str(key);
  return w.take();
}

export function encodePing(t: number): Uint8Array {
  const w = begin(2, CLIENT_OP.ping);
  w.uint(t);
  return w.take();
}
