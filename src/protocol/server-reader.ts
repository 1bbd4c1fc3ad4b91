/**
 * What a node says (PROTOCOL section 4), read by the SDK, and by a node that replays its log. Payloads and values are
 * views of the frame's bytes: they live as long as those do, and a holder of one holds the whole frame.
 * Objects cost more than bytes: up to 60 times the frame where it holds nothing but the smallest events (measured).
 * Throws FrameFault for anything that is not exactly one frame of version 1, unknown trailing elements included.
 */
import { expectCount, FrameFault } from './frame-fault.ts';
import type { Limits } from './limits.ts';
import { EVENT, LEFT_REASON, type LeftReason, SERVER_OP, STATUS, type Status, type SyncReason } from './op.ts';
import { Reader } from './reader.ts';

export interface RosterEntry {
  readonly member: number;
  readonly user: string;
  readonly status: Status;
  readonly meta: Uint8Array | null;
}

export type ServerEvent =
  | { readonly kind: 'message'; readonly member: number; readonly cseq: number; readonly payload: Uint8Array }
  | { readonly kind: 'joined'; readonly member: number; readonly user: string; readonly meta: Uint8Array | null }
  | { readonly kind: 'left'; readonly member: number; readonly reason: LeftReason }
  | {
      readonly kind: 'state';
      readonly member: number;
      readonly cseq: number;
      readonly set: Map<string, Uint8Array>;
      readonly del: string[];
    }
  | { readonly kind: 'status'; readonly member: number; readonly status: Status };

/** Where a room stands and who this session is in it; JOINED and SYNC share it. */
interface Standing {
  readonly room: string;
  readonly epoch: number;
  readonly seq: number;
  readonly me: number;
  readonly cseq: number;
}

export interface EventsFrame {
  readonly op: 'events';
  readonly room: string;
  readonly epoch: number;
  /** seq of `events[0]`. */
  readonly first: number;
  readonly events: ServerEvent[];
}

export interface JoinedFrame extends Standing {
  readonly op: 'joined';
  readonly req: number;
  /** Both null where EVENTS follow from `seq + 1` (P7). */
  readonly roster: RosterEntry[] | null;
  readonly state: Map<string, Uint8Array> | null;
}

export interface SyncFrame extends Standing {
  readonly op: 'sync';
  readonly roster: RosterEntry[];
  readonly state: Map<string, Uint8Array>;
  readonly reason: SyncReason;
}

export interface ErrorFrame {
  readonly op: 'error';
  /** An ErrorCode, or one that a newer node has; `retry` tells what to do with either. */
  readonly code: string;
  readonly message: string;
  readonly retry: boolean;
  readonly req: number | null;
  readonly room: string | null;
  readonly cseq: number | null;
}

export type ServerFrame =
  | {
      readonly op: 'welcome';
      readonly sid: string;
      readonly resume: string;
      readonly node: string;
      readonly limits: Limits;
    }
  | JoinedFrame
  | { readonly op: 'left'; readonly req: number; readonly room: string }
  | EventsFrame
  | SyncFrame
  | { readonly op: 'pong'; readonly t: number; readonly now: number }
  | { readonly op: 'ack'; readonly room: string; readonly cseq: number }
  | ErrorFrame
  | { readonly op: 'goaway'; readonly reason: string; readonly afterMs: number }
  | { readonly op: 'direct'; readonly room: string; readonly member: number; readonly payload: Uint8Array }
  | { readonly op: 'closed'; readonly room: string; readonly reason: string }
  | { readonly op: 'position'; readonly room: string; readonly epoch: number; readonly seq: number };

export function readServerFrame(bytes: Uint8Array): ServerFrame {
  const r = new Reader();
  r.reset(bytes);
  const count = r.array('frame');
  if (count === 0) throw new FrameFault('frame: no opcode');
  const frame = readBody(r, r.uint('opcode'), count);
  r.done('frame');
  return frame;
}

/** An EVENTS frame, as a log holds them. */
export function readEvents(bytes: Uint8Array): EventsFrame {
  const frame = readServerFrame(bytes);
  if (frame.op !== 'events') throw new FrameFault(`EVENTS expected, ${frame.op} found`);
  return frame;
}

// Object literals evaluate their fields in order, which is the order on the wire.
function readBody(r: Reader, op: number, count: number): ServerFrame {
  switch (op) {
    case SERVER_OP.welcome:
      expectCount(count, 5, 'WELCOME');
      return { op: 'welcome', sid: r.str('sid'), resume: r.str('resume'), node: r.str('node'), limits: readLimits(r) };
    case SERVER_OP.joined:
      expectCount(count, 9, 'JOINED');
      return {
        op: 'joined',
        req: r.uint('req'),
        ...readStanding(r),
        roster: r.nil() ? null : readRoster(r),
        state: r.nil() ? null : readBinMap(r, 'state'),
      };
    case SERVER_OP.left:
      expectCount(count, 3, 'LEFT');
      return { op: 'left', req: r.uint('req'), room: r.str('room') };
    case SERVER_OP.events:
      expectCount(count, 5, 'EVENTS');
      return {
        op: 'events',
        room: r.str('room'),
        epoch: r.uint('epoch'),
        first: r.uint('first'),
        events: readEventArray(r),
      };
    case SERVER_OP.sync:
      expectCount(count, 9, 'SYNC');
      return {
        op: 'sync',
        ...readStanding(r),
        roster: readRoster(r),
        state: readBinMap(r, 'state'),
        reason: readSyncReason(r),
      };
    case SERVER_OP.pong:
      expectCount(count, 3, 'PONG');
      return { op: 'pong', t: r.uint('t'), now: r.uint('now') };
    case SERVER_OP.ack:
      expectCount(count, 3, 'ACK');
      return { op: 'ack', room: r.str('room'), cseq: r.uint('cseq') };
    case SERVER_OP.error:
      expectCount(count, 7, 'ERROR');
      return {
        op: 'error',
        code: r.str('code'),
        message: r.str('message'),
        retry: r.bool('retry'),
        req: r.nil() ? null : r.uint('req'),
        room: r.nil() ? null : r.str('room'),
        cseq: r.nil() ? null : r.uint('cseq'),
      };
    case SERVER_OP.goaway:
      expectCount(count, 3, 'GOAWAY');
      return { op: 'goaway', reason: r.str('reason'), afterMs: r.uint('afterMs') };
    case SERVER_OP.direct:
      expectCount(count, 4, 'DIRECT');
      return { op: 'direct', room: r.str('room'), member: r.uint('member'), payload: r.bin('payload') };
    case SERVER_OP.closed:
      expectCount(count, 3, 'CLOSED');
      return { op: 'closed', room: r.str('room'), reason: r.str('reason') };
    case SERVER_OP.position:
      expectCount(count, 4, 'POSITION');
      return { op: 'position', room: r.str('room'), epoch: r.uint('epoch'), seq: r.uint('seq') };
    default:
      throw new FrameFault(`opcode: ${op} is unknown`);
  }
}

function readStanding(r: Reader): Standing {
  return { room: r.str('room'), epoch: r.uint('epoch'), seq: r.uint('seq'), me: r.uint('me'), cseq: r.uint('cseq') };
}

function readEventArray(r: Reader): ServerEvent[] {
  // Grown by push: an array made for the announced count would cost 8 bytes for each byte of a lying frame.
  const events: ServerEvent[] = [];
  for (let left = r.array('events'); left > 0; left--) events.push(readEvent(r));
  return events;
}

function readEvent(r: Reader): ServerEvent {
  const count = r.array('event');
  if (count === 0) throw new FrameFault('event: no kind');
  const kind = r.uint('event kind');
  switch (kind) {
    case EVENT.message:
      expectCount(count, 4, 'message');
      return { kind: 'message', member: r.uint('member'), cseq: r.uint('cseq'), payload: r.bin('payload') };
    case EVENT.joined:
      expectCount(count, 4, 'joined');
      return { kind: 'joined', member: r.uint('member'), user: r.str('user'), meta: readMeta(r) };
    case EVENT.left:
      expectCount(count, 3, 'left');
      return { kind: 'left', member: r.uint('member'), reason: readLeftReason(r) };
    case EVENT.state:
      expectCount(count, 5, 'state');
      return {
        kind: 'state',
        member: r.uint('member'),
        cseq: r.uint('cseq'),
        set: readBinMap(r, 'set'),
        del: readKeys(r),
      };
    case EVENT.status:
      expectCount(count, 3, 'status');
      return { kind: 'status', member: r.uint('member'), status: readStatus(r) };
    default:
      throw new FrameFault(`event kind: ${kind} is unknown`);
  }
}

function readRoster(r: Reader): RosterEntry[] {
  const roster: RosterEntry[] = [];
  for (let left = r.array('roster'); left > 0; left--) {
    expectCount(r.array('roster entry'), 4, 'roster entry');
    roster.push({ member: r.uint('member'), user: r.str('user'), status: readStatus(r), meta: readMeta(r) });
  }
  return roster;
}

function readBinMap(r: Reader, what: string): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  for (let left = r.map(what); left > 0; left--) map.set(r.str(what), r.bin(what));
  return map;
}

function readKeys(r: Reader): string[] {
  const keys: string[] = [];
  for (let left = r.array('del'); left > 0; left--) keys.push(r.str('del'));
  return keys;
}

/** Names of a newer node are passed over; each of section 6 must be there. */
function readLimits(r: Reader): Limits {
  const found = new Map<string, number>();
  for (let left = r.map('limits'); left > 0; left--) found.set(r.str('limit name'), r.uint('limit'));
  const limit = (name: keyof Limits): number => {
    const n = found.get(name);
    if (n === undefined) throw new FrameFault(`limits: ${name} is missing`);
    return n;
  };
  return {
    frameBytesMax: limit('frameBytesMax'),
    roomsMax: limit('roomsMax'),
    commandsPerSec: limit('commandsPerSec'),
    bytesPerSec: limit('bytesPerSec'),
    stateBytesMax: limit('stateBytesMax'),
    keepAliveMs: limit('keepAliveMs'),
  };
}

function readMeta(r: Reader): Uint8Array | null {
  return r.nil() ? null : r.bin('meta');
}

function readStatus(r: Reader): Status {
  const status = r.uint('status');
  if (status === STATUS.away || status === STATUS.here) return status;
  throw new FrameFault(`status: ${status} is unknown`);
}

function readLeftReason(r: Reader): LeftReason {
  const reason = r.uint('reason');
  if (reason === LEFT_REASON.left || reason === LEFT_REASON.graceOver || reason === LEFT_REASON.removed) return reason;
  throw new FrameFault(`left reason: ${reason} is unknown`);
}

function readSyncReason(r: Reader): SyncReason {
  const reason = r.str('reason');
  if (reason === 'owner' || reason === 'reset') return reason;
  throw new FrameFault('SYNC reason: neither owner nor reset');
}
