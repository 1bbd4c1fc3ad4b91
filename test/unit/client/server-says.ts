/** Short ways to say what a node says, for one room. */
import { unreachable } from '../../../src/base/assert.ts';
import { type LeftReason, SERVER_OP, type Status, type SyncReason } from '../../../src/protocol/op.ts';
import * as frame from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';

export const ROOM = 'demo:1';
export const EPOCH = 1_763_673_600_123;

const OTHER = 9;

export type Event =
  | { kind: 'message'; member: number; cseq: number; payload?: Uint8Array }
  | { kind: 'state'; member: number; cseq: number; set?: Record<string, number[]>; del?: string[] }
  | { kind: 'joined'; member: number; user?: string; meta?: Uint8Array }
  | { kind: 'left'; member: number; reason: LeftReason }
  | { kind: 'status'; member: number; status: Status };

/** A message of this client. */
export const own = (member: number, cseq: number): Event => ({ kind: 'message', member, cseq });
/** A message of another member. */
export const other = (payload: number[] = []): Event => {
  return { kind: 'message', member: OTHER, cseq: 1, payload: Uint8Array.from(payload) };
};

export function events(first: number, list: readonly Event[], epoch = EPOCH, room = ROOM): Uint8Array {
  const w = new Writer();
  w.array(5);
  w.uint(SERVER_OP.events);
  w.str(room);
  w.uint(epoch);
  w.uint(first);
  w.array(list.length);
  for (const event of list) writeEvent(w, event);
  return w.take();
}

function writeEvent(w: Writer, event: Event): void {
  switch (event.kind) {
    case 'message': {
      const body = value((b) => b.bin(event.payload ?? new Uint8Array(0)));
      frame.writeMessage(w, event.member, event.cseq, body, 0, body.length);
      break;
    }
    case 'state': {
      const body = value((b) => {
        writeState(b, event.set ?? {});
        b.array(event.del?.length ?? 0);
        for (const key of event.del ?? []) b.str(key);
      });
      frame.writeState(w, event.member, event.cseq, body, 0, body.length);
      break;
    }
    case 'joined':
      frame.writeJoined(w, event.member, event.user ?? `user${event.member}`, event.meta ?? null);
      break;
    case 'left':
      frame.writeLeft(w, event.member, event.reason);
      break;
    case 'status':
      frame.writeStatus(w, event.member, event.status);
      break;
    default:
      unreachable(event);
  }
}

export interface Standing {
  room?: string;
  epoch?: number;
  seq?: number;
  me?: number;
  cseq?: number;
  roster?: readonly number[];
  state?: Record<string, number[]>;
}

/** P6. */
export function joined(req: number, standing: Standing = {}): Uint8Array {
  const { room, epoch, seq, me, cseq, roster, state } = full(standing);
  return frame.encodeJoined(req, room, epoch, seq, me, cseq, roster, state);
}

/** P7. */
export function resumed(req: number, standing: Standing = {}): Uint8Array {
  const { room, epoch, seq, me, cseq } = full(standing);
  return frame.encodeJoined(req, room, epoch, seq, me, cseq, null, null);
}

export function sync(reason: SyncReason, standing: Standing = {}): Uint8Array {
  const { room, epoch, seq, me, cseq, roster, state } = full(standing);
  return frame.encodeSync(room, epoch, seq, me, cseq, roster, state, reason);
}

export const ack = (cseq: number): Uint8Array => frame.encodeAck(ROOM, cseq);

export const position = (seq: number, epoch = EPOCH): Uint8Array => frame.encodePosition(ROOM, epoch, seq);

function full(s: Standing) {
  const me = s.me ?? 3;
  const members = s.roster ?? [me];
  return {
    room: s.room ?? ROOM,
    epoch: s.epoch ?? EPOCH,
    seq: s.seq ?? 10,
    me,
    cseq: s.cseq ?? 0,
    roster: value((w) => {
      w.array(members.length);
      for (const member of members) frame.writeRosterEntry(w, member, `user${member}`, 1, null);
    }),
    state: value((w) => writeState(w, s.state ?? {})),
  };
}

function writeState(w: Writer, state: Record<string, number[]>): void {
  const entries = Object.entries(state);
  w.map(entries.length);
  for (const [key, bytes] of entries) {
    w.str(key);
    w.bin(Uint8Array.from(bytes));
  }
}

function value(write: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  write(w);
  return w.take();
}
