/**
 * The messages that edges and owners exchange inside packets, one MessagePack array each: `[op, room, …]`.
 * Frames and command bodies ride as bin, byte for byte. All nodes of a cluster run one packet version.
 */

import type { SyncReason } from '../protocol/op.ts';
import type { Reader } from '../protocol/reader.ts';
import type { Writer } from '../protocol/writer.ts';
import type { RoomView } from './member-link.ts';
import type { JoinRequest, Position, SessionIdentity } from './ports.ts';

export const RELAY = {
  // Edge to owner.
  join: 1,
  leave: 2,
  away: 3,
  message: 4,
  patch: 5,
  attach: 6,
  detach: 7,
  // Owner to edge.
  frame: 20,
  send: 21,
  joined: 22,
  synced: 23,
  left: 24,
  refused: 25,
  replaced: 26,
  attached: 27,
  moved: 28,
  closed: 29,
  // Node to node.
  hole: 40,
  whole: 41,
  session: 42,
} as const;

/** One seat of an edge as ATTACH tells it. */
export interface Attachment {
  readonly conn: number;
  readonly session: SessionIdentity;
  readonly meta: Uint8Array | null;
  /** False while its first JOIN is not answered: a JOIN follows. */
  readonly joined: boolean;
}

/** What one member of a SYNCED gets besides the room's view. */
export interface SyncTarget {
  readonly conn: number;
  readonly me: number;
  readonly cseq: number;
}

export type WriteMessage = (w: Writer) => void;

function head(w: Writer, fields: number, op: number, room: string): void {
  w.array(fields + 2);
  w.uint(op);
  w.str(room);
}

function binOrNil(w: Writer, bytes: Uint8Array | null): void {
  if (bytes === null) w.nil();
  else w.bin(bytes);
}

/** Packets are read out of a buffer of their own, so what is kept of them needs no copy. */
function readBinOrNil(r: Reader, what: string): Uint8Array | null {
  return r.nil() ? null : r.bin(what);
}

function writeIdentity(w: Writer, session: SessionIdentity): void {
  w.str(session.sid);
  w.str(session.user);
  w.uint(session.generation);
}

function readIdentity(r: Reader): SessionIdentity {
  return { sid: r.str('sid'), user: r.str('user'), generation: r.uint('generation') };
}

export function joinMessage(conn: number, session: SessionIdentity, request: JoinRequest): WriteMessage {
  return (w) => {
    head(w, 8, RELAY.join, request.room);
    w.uint(conn);
    writeIdentity(w, session);
    w.uint(request.req);
    if (request.since) {
      w.uint(request.since.epoch);
      w.uint(request.since.seq);
    } else {
      w.nil();
      w.nil();
    }
    binOrNil(w, request.meta);
  };
}

export function readJoin(r: Reader, room: string): { conn: number; session: SessionIdentity; request: JoinRequest } {
  const conn = r.uint('conn');
  const session = readIdentity(r);
  const req = r.uint('req');
  let since: Position | null = null;
  if (r.nil()) r.nil();
  else since = { epoch: r.uint('epoch'), seq: r.uint('seq') };
  return { conn, session, request: { req, room, since, meta: readBinOrNil(r, 'meta') } };
}

export function leaveMessage(room: string, conn: number, session: SessionIdentity, req: number): WriteMessage {
  return (w) => {
    head(w, 5, RELAY.leave, room);
    w.uint(conn);
    writeIdentity(w, session);
    w.uint(req);
  };
}

export function readLeave(r: Reader): { conn: number; session: SessionIdentity; req: number } {
  return { conn: r.uint('conn'), session: readIdentity(r), req: r.uint('req') };
}

export function awayMessage(room: string, conn: number): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.away, room);
    w.uint(conn);
  };
}

export function commandMessage(
  op: typeof RELAY.message | typeof RELAY.patch,
  room: string,
  conn: number,
  cseq: number,
  body: Uint8Array,
): WriteMessage {
  return (w) => {
    head(w, 3, op, room);
    w.uint(conn);
    w.uint(cseq);
    w.bin(body);
  };
}

/** `at` is the edge's place in the room; epoch 0 where it has none. */
export function attachMessage(room: string, at: Position, seats: readonly Attachment[]): WriteMessage {
  return (w) => {
    head(w, 3, RELAY.attach, room);
    w.uint(at.epoch);
    w.uint(at.seq);
    w.array(seats.length);
    for (const seat of seats) {
      w.array(6);
      w.uint(seat.conn);
      writeIdentity(w, seat.session);
      binOrNil(w, seat.meta);
      w.bool(seat.joined);
    }
  };
}

export function readAttach(r: Reader): { at: Position; seats: Attachment[] } {
  const at = { epoch: r.uint('epoch'), seq: r.uint('seq') };
  const seats: Attachment[] = [];
  for (let left = r.array('seats'); left > 0; left--) {
    r.array('seat');
    const [conn, session, meta] = [r.uint('conn'), readIdentity(r), readBinOrNil(r, 'meta')];
    seats.push({ conn, session, meta, joined: r.bool('joined') });
  }
  return { at, seats };
}

/** The messages that carry a room's name alone: DETACH, MOVED. */
export function roomMessage(op: typeof RELAY.detach | typeof RELAY.moved, room: string): WriteMessage {
  return (w) => head(w, 0, op, room);
}

export function frameMessage(
  room: string,
  epoch: number,
  first: number,
  last: number,
  frame: Uint8Array,
): WriteMessage {
  return (w) => {
    head(w, 4, RELAY.frame, room);
    w.uint(epoch);
    w.uint(first);
    w.uint(last);
    w.bin(frame);
  };
}

export function readFrame(r: Reader): { epoch: number; first: number; last: number; frame: Uint8Array } {
  return { epoch: r.uint('epoch'), first: r.uint('first'), last: r.uint('last'), frame: r.bin('frame') };
}

export function sendMessage(room: string, conn: number, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.send, room);
    w.uint(conn);
    w.bin(frame);
  };
}

export function joinedMessage(
  room: string,
  conn: number,
  req: number,
  at: Position,
  frames: readonly Uint8Array[],
): WriteMessage {
  return (w) => {
    head(w, 5, RELAY.joined, room);
    w.uint(conn);
    w.uint(req);
    w.uint(at.epoch);
    w.uint(at.seq);
    w.array(frames.length);
    for (const frame of frames) w.bin(frame);
  };
}

export function readJoined(r: Reader): { conn: number; req: number; at: Position; frames: Uint8Array[] } {
  const conn = r.uint('conn');
  const req = r.uint('req');
  const at = { epoch: r.uint('epoch'), seq: r.uint('seq') };
  const frames: Uint8Array[] = [];
  for (let left = r.array('frames'); left > 0; left--) frames.push(r.bin('frame'));
  return { conn, req, at, frames };
}

/** `reset`: the view replaces what the edge knows of the room; without it, it is for the targets alone. */
export function syncedMessage(
  room: string,
  view: RoomView,
  reset: boolean,
  targets: readonly SyncTarget[],
): WriteMessage {
  return (w) => {
    head(w, 7, RELAY.synced, room);
    w.bool(reset);
    w.uint(view.epoch);
    w.uint(view.seq);
    w.str(view.reason);
    w.bin(view.roster);
    w.bin(view.state);
    w.array(targets.length);
    for (const { conn, me, cseq } of targets) {
      w.array(3);
      w.uint(conn);
      w.uint(me);
      w.uint(cseq);
    }
  };
}

export function readSynced(r: Reader): { view: RoomView; reset: boolean; targets: SyncTarget[] } {
  const reset = r.bool('reset');
  const view: RoomView = {
    epoch: r.uint('epoch'),
    seq: r.uint('seq'),
    reason: r.str('reason') as SyncReason,
    roster: r.bin('roster'),
    state: r.bin('state'),
  };
  const targets: SyncTarget[] = [];
  for (let left = r.array('targets'); left > 0; left--) {
    r.array('target');
    targets.push({ conn: r.uint('conn'), me: r.uint('me'), cseq: r.uint('cseq') });
  }
  return { view, reset, targets };
}

export function leftMessage(room: string, conn: number, frame: Uint8Array | null): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.left, room);
    w.uint(conn);
    binOrNil(w, frame);
  };
}

export function readLeft(r: Reader): { conn: number; frame: Uint8Array | null } {
  return { conn: r.uint('conn'), frame: readBinOrNil(r, 'frame') };
}

export function refusedMessage(room: string, conn: number, req: number, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 3, RELAY.refused, room);
    w.uint(conn);
    w.uint(req);
    w.bin(frame);
  };
}

export function replacedMessage(room: string, conn: number): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.replaced, room);
    w.uint(conn);
  };
}

export function attachedMessage(room: string, at: Position): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.attached, room);
    w.uint(at.epoch);
    w.uint(at.seq);
  };
}

export function closedMessage(room: string, frame: Uint8Array): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.closed, room);
    w.bin(frame);
  };
}

/** Packets of the receiver were lost: it attaches all rooms that the sender of this owns again. The room is empty. */
export const holeMessage: WriteMessage = (w) => head(w, 0, RELAY.hole, '');

/** The answer to HOLE, behind the ATTACHes: the sender sits in no other room of the receiver. */
export const wholeMessage: WriteMessage = (w) => head(w, 0, RELAY.whole, '');

/** A session resumed with this generation: older connections of it close (P4). */
export function sessionMessage(sid: string, generation: number): WriteMessage {
  return (w) => {
    head(w, 2, RELAY.session, '');
    w.str(sid);
    w.uint(generation);
  };
}
