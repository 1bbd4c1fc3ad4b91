/** An edge alone, with seats and an owner that are played. `begin` before each test. */
import { Reader } from '../../../src/protocol/reader.ts';
import { readServerFrame, type ServerFrame } from '../../../src/protocol/server-reader.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import { Edge } from '../../../src/room/edge.ts';
import { LocalSeat } from '../../../src/room/local-seat.ts';
import type { RoomView } from '../../../src/room/member-link.ts';
import type { Connection, LeaveRequest, Position } from '../../../src/room/ports.ts';
import { RELAY } from '../../../src/room/relay-message.ts';
import { readAttach } from '../../../src/room/relay-to-owner.ts';

export const ROOM = 'demo:1';
const OWNER = 'a:1';
export const EPOCH = 1_000;
const OP_NAMES = new Map(Object.entries(RELAY).map(([name, op]) => [op as number, name]));

export let edge: Edge;
let seats: Map<number, LocalSeat>;
/** What the edge said to the owner: the op, and for ATTACH where it stands and who has joined. */
export let said: string[];
/** seq of the published frames, by topic. */
export let published: string[];
let isUp: boolean;

export function begin(): void {
  said = [];
  published = [];
  isUp = true;
  seats = new Map();
  beginAt(null);
}

export function storeIsAway(): void {
  isUp = false;
}

/** The node that it is at has been there, and has seen that epoch. */
export function beginAt(at: Position | null, epochSeen = 0): void {
  edge = new Edge(
    ROOM,
    OWNER,
    {
      post: {
        get isUp() {
          return isUp;
        },
        post(to, write) {
          const writer = new Writer();
          write(writer);
          said.push(`${to === OWNER ? '' : to}${read(writer.take())}`);
        },
      },
      publisher: { publish: (topic, frame) => void published.push(`${topic} ${frame[0]}`) },
    },
    seats,
    { at, epochSeen },
  );
}

function read(message: Uint8Array): string {
  const reader = new Reader();
  reader.reset(message);
  reader.array('message');
  const op = OP_NAMES.get(reader.uint('op')) ?? '?';
  reader.str('room');
  if (op !== 'attach') return op;
  const { at, seats: attached } = readAttach(reader);
  const who = attached.map(({ conn, me }) => `${conn}${me > 0 ? '+' : ''}`);
  return `attach ${at.epoch}-${at.seq} ${who.join(',')}`;
}

export interface Sitting {
  readonly seat: LocalSeat;
  readonly frames: ServerFrame[];
  readonly topics: Set<string>;
}

function sit(conn: number): Sitting {
  const frames: ServerFrame[] = [];
  const topics = new Set<string>();
  const connection: Connection = {
    id: conn,
    session: { sid: `s${conn}`, user: `u${conn}`, generation: 1 },
    seats: [],
    send: (frame) => void frames.push(readServerFrame(frame)),
    sendLast: (_room, frame) => void frames.push(readServerFrame(frame)),
    subscribe: (topic) => void topics.add(topic),
    unsubscribe: (topic) => void topics.delete(topic),
    replaced: () => {},
  };
  const place = {
    room: ROOM,
    message: () => {},
    patch: () => {},
    leave: (seat: LocalSeat, request: LeaveRequest) => edge.leave(seat, request),
    position: () => edge.position,
    vacated: (seat: LocalSeat) => void seats.delete(seat.connection.id),
  };
  const seat = new LocalSeat(place, new TextEncoder().encode(ROOM), connection);
  seats.set(conn, seat);
  return { seat, frames, topics };
}

/** A seat that asks to join. */
export function asking(conn: number, req = 1): Sitting {
  const sitting = sit(conn);
  sitting.seat.pending = { req, room: ROOM, since: null, meta: null };
  edge.join(sitting.seat, sitting.seat.pending);
  return sitting;
}

/** A seat whose JOIN the owner has answered at `at`. */
export function joined(conn: number, at: Position = { epoch: EPOCH, seq: 10 }): Sitting {
  const sitting = asking(conn);
  answer(at, { conn, req: 1, me: conn });
  said.length = 0;
  sitting.frames.length = 0;
  return sitting;
}

/** The owner's answer to joins, a snapshot at `end`. */
export function answer({ epoch, seq: end }: Position, ...joins: { conn: number; req: number; me: number }[]): void {
  const { roster, state } = view(end, epoch);
  const targets = joins.map((join) => ({ ...join, cseq: 0 }));
  edge.joined({ answer: { epoch, seq: end, roster, state, frames: [], end }, targets });
}

export function frame(first: number, last: number, epoch = EPOCH): void {
  edge.frame({ epoch, first, last, frame: new Uint8Array([first]) });
}

export function view(seq: number, epoch = EPOCH): RoomView {
  const [roster, state] = [new Uint8Array([0x90]), new Uint8Array([0x80])];
  return { epoch, seq, roster, state, reason: 'reset' };
}
