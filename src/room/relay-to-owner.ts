/** What an edge says to a room's owner (`relay-message.ts`). */
import type { Reader } from '../protocol/reader.ts';
import type { Writer } from '../protocol/writer.ts';
import type { JoinRequest, LeaveRequest, Position, SessionIdentity } from './ports.ts';
import { binOrNil, head, RELAY, readBinOrNil, type WriteMessage } from './relay-message.ts';

/** One seat of an edge as ATTACH tells it. */
export interface Attachment {
  readonly conn: number;
  readonly session: SessionIdentity;
  /** The member that its client was told it is; 0 while its first JOIN is not answered: a JOIN follows. */
  readonly me: number;
  /** As `LocalSeat` has it. */
  readonly told: Position | null;
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

export function leaveMessage(
  room: string,
  conn: number,
  session: SessionIdentity,
  { req, me }: LeaveRequest,
): WriteMessage {
  return (w) => {
    head(w, 6, RELAY.leave, room);
    w.uint(conn);
    writeIdentity(w, session);
    w.uint(req);
    w.uint(me);
  };
}

export function readLeave(r: Reader): { conn: number; session: SessionIdentity; request: LeaveRequest } {
  return { conn: r.uint('conn'), session: readIdentity(r), request: { req: r.uint('req'), me: r.uint('me') } };
}

export function awayMessage(room: string, conn: number): WriteMessage {
  return (w) => {
    head(w, 1, RELAY.away, room);
    w.uint(conn);
  };
}

/** `me` is the member that its client was told it is; 0 where its JOIN goes in front and is not answered yet. */
export function commandMessage(
  op: typeof RELAY.message | typeof RELAY.patch,
  room: string,
  conn: number,
  me: number,
  cseq: number,
  body: Uint8Array,
): WriteMessage {
  return (w) => {
    head(w, 4, op, room);
    w.uint(conn);
    w.uint(me);
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
      w.array(7);
      w.uint(seat.conn);
      writeIdentity(w, seat.session);
      w.uint(seat.me);
      w.uint(seat.told?.epoch ?? 0);
      w.uint(seat.told?.seq ?? 0);
    }
  };
}

export function readAttach(r: Reader): { at: Position; seats: Attachment[] } {
  const at = { epoch: r.uint('epoch'), seq: r.uint('seq') };
  const seats: Attachment[] = [];
  for (let left = r.array('seats'); left > 0; left--) {
    r.array('seat');
    const [conn, session, me] = [r.uint('conn'), readIdentity(r), r.uint('me')];
    seats.push({ conn, session, me, told: { epoch: r.uint('epoch'), seq: r.uint('seq') } });
  }
  return { at, seats };
}
