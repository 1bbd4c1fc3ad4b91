/** An edge alone: which frames it lets through to its sockets, and when it asks the owner again. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Reader } from '../../../src/protocol/reader.ts';
import { encodeClosed } from '../../../src/protocol/server-frame.ts';
import { readServerFrame, type ServerFrame } from '../../../src/protocol/server-reader.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import { Edge } from '../../../src/room/edge.ts';
import { LocalSeat } from '../../../src/room/local-seat.ts';
import type { RoomView } from '../../../src/room/member-link.ts';
import type { Connection, LeaveRequest, Position } from '../../../src/room/ports.ts';
import { RELAY } from '../../../src/room/relay-message.ts';
import { readAttach } from '../../../src/room/relay-to-owner.ts';

const ROOM = 'demo:1';
const OWNER = 'a:1';
const EPOCH = 1_000;
const OP_NAMES = new Map(Object.entries(RELAY).map(([name, op]) => [op as number, name]));

let edge: Edge;
let seats: Map<number, LocalSeat>;
/** What the edge said to the owner: the op, and for ATTACH where it stands and who has joined. */
let said: string[];
/** seq of the published frames, by topic. */
let published: string[];
let isUp: boolean;

beforeEach(() => {
  said = [];
  published = [];
  isUp = true;
  seats = new Map();
  edge = newEdge();
});

function newEdge(at: Position | null = null): Edge {
  return new Edge(
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
    { at, epochSeen: 0 },
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

interface Sitting {
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
function asking(conn: number, req = 1): Sitting {
  const sitting = sit(conn);
  sitting.seat.pending = { req, room: ROOM, since: null, meta: null };
  edge.join(sitting.seat, sitting.seat.pending);
  return sitting;
}

/** A seat whose JOIN the owner has answered at `at`. */
function joined(conn: number, at: Position = { epoch: EPOCH, seq: 10 }): Sitting {
  const sitting = asking(conn);
  answer(at, { conn, req: 1, me: conn });
  said.length = 0;
  sitting.frames.length = 0;
  return sitting;
}

/** The owner's answer to joins, a snapshot at `end`. */
function answer({ epoch, seq: end }: Position, ...joins: { conn: number; req: number; me: number }[]): void {
  const { roster, state } = view(end, epoch);
  const targets = joins.map((join) => ({ ...join, cseq: 0 }));
  edge.joined({ answer: { epoch, seq: end, roster, state, frames: [], end }, targets });
}

function frame(first: number, last: number, epoch = EPOCH): void {
  edge.frame({ epoch, first, last, frame: new Uint8Array([first]) });
}

function view(seq: number, epoch = EPOCH): RoomView {
  const [roster, state] = [new Uint8Array([0x90]), new Uint8Array([0x80])];
  return { epoch, seq, roster, state, reason: 'reset' };
}

describe('frames', () => {
  test('[P12] that follow are published, in the topic of their epoch', () => {
    joined(1);
    frame(11, 12);
    frame(13, 13);
    expect(published).toEqual([`${ROOM}#${EPOCH} 11`, `${ROOM}#${EPOCH} 13`]);
    expect(edge.position).toEqual({ epoch: EPOCH, seq: 13 });
  });

  test('[P12] that come twice or late are dropped', () => {
    joined(1);
    frame(11, 12);
    frame(11, 12);
    frame(9, 10);
    expect(published).toHaveLength(1);
    expect(said).toEqual([]);
  });

  test('[P12] that overlap are published: clients skip what they have', () => {
    joined(1);
    frame(10, 12);
    expect(edge.position?.seq).toBe(12);
    expect(published).toHaveLength(1);
  });

  test('[P13] behind a hole are not published, and the edge attaches once from where it stands', () => {
    joined(1);
    frame(12, 12);
    frame(13, 13);
    expect(published).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });

  test('[P13] that fill the hole are published, and a later hole is asked for again', () => {
    joined(1);
    frame(12, 12);
    frame(11, 12);
    edge.attached({ epoch: EPOCH, seq: 12 });
    frame(14, 14);
    expect(published).toHaveLength(1);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`, `attach ${EPOCH}-12 1+`]);
  });

  test('[P12] of an old epoch are dropped', () => {
    joined(1);
    frame(11, 11, EPOCH - 1);
    expect([published, said]).toEqual([[], []]);
  });

  test('[P14] of a new epoch wait for the SYNC that says where it begins', () => {
    const { frames, topics } = joined(1);
    frame(11, 11, EPOCH + 5);
    expect(published).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
    edge.synced(view(11, EPOCH + 5), true, [{ conn: 1, me: 4, cseq: 2 }]);
    expect(frames.at(-1)).toMatchObject({ op: 'sync', epoch: EPOCH + 5, seq: 11, me: 4, cseq: 2 });
    expect([...topics]).toEqual([`${ROOM}#${EPOCH + 5}`]);
    frame(12, 12, EPOCH + 5);
    expect(published).toEqual([`${ROOM}#${EPOCH + 5} 12`]);
  });

  test('before the first answer are dropped: that holds them', () => {
    asking(1);
    frame(11, 11);
    expect(published).toEqual([]);
    expect(said).toEqual(['join']);
  });

  test('[P13] that the owner says it sent, and did not come, are asked for again', () => {
    joined(1);
    edge.attached({ epoch: EPOCH, seq: 12 });
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });
});

describe('JOINED', () => {
  test('[P6] of a room that was closed and made anew is not held against the place in the one before', () => {
    joined(1);
    frame(12, 12);
    const { frames } = asking(2, 7);
    edge.closed(encodeClosed(ROOM, 'over'));
    answer({ epoch: EPOCH + 5, seq: 3 }, { conn: 2, req: 7, me: 1 });
    expect(frames).toMatchObject([{ op: 'joined', epoch: EPOCH + 5, seq: 3, me: 1 }]);
  });

  test('[P6] at another place than the edge stands at is not passed on, but asked for again', () => {
    joined(1);
    const { frames } = asking(2, 7);
    said.length = 0;
    answer({ epoch: EPOCH, seq: 12 }, { conn: 2, req: 7, me: 2 });
    expect(frames).toEqual([]);
    expect(said).toEqual([`attach ${EPOCH}-10 1+,2`, 'join']);
  });

  test('[P6] for a connection that has gone moves the edge to its place all the same', () => {
    answer({ epoch: EPOCH, seq: 12 }, { conn: 9, req: 1, me: 9 });
    frame(13, 13);
    expect(published).toHaveLength(1);
  });
});

describe('SYNC', () => {
  test('[P12] from before the place of the edge is dropped', () => {
    const { frames } = joined(1);
    edge.synced(view(9), true, [{ conn: 1, me: 1, cseq: 0 }]);
    edge.synced(view(20, EPOCH - 1), true, [{ conn: 1, me: 1, cseq: 0 }]);
    expect(frames).toEqual([]);
    expect(edge.position).toEqual({ epoch: EPOCH, seq: 10 });
  });

  test('[P13] tells members that it does not name where the room stands', () => {
    joined(1);
    const other = joined(2);
    edge.synced(view(20), true, [{ conn: 1, me: 1, cseq: 0 }]);
    expect(other.frames).toMatchObject([{ op: 'position', seq: 20 }]);
  });

  test('for one member moves no other, and is asked for again from another place', () => {
    const { frames } = joined(1);
    edge.synced(view(10), false, [{ conn: 1, me: 3, cseq: 0 }]);
    expect(frames.map(({ op }) => op)).toEqual(['sync']);
    edge.synced(view(12), false, [{ conn: 1, me: 3, cseq: 0 }]);
    expect(frames).toHaveLength(1);
    expect(said).toEqual([`attach ${EPOCH}-10 1+`]);
  });

  test('does not go to a seat whose JOIN is still open', () => {
    joined(1);
    const { frames } = asking(2);
    edge.synced(view(20), true, [{ conn: 2, me: 3, cseq: 0 }]);
    expect(frames).toEqual([]);
  });
});

describe('asking again', () => {
  test('names joined and asking seats, and repeats JOIN and LEAVE', () => {
    joined(1);
    asking(2);
    const leaving = joined(3);
    leaving.seat.leave(5);
    said.length = 0;
    edge.attach();
    expect(said).toEqual([`attach ${EPOCH}-10 1+,2`, 'join', 'leave']);
  });

  test('at the start says nothing but JOIN where nobody has joined', () => {
    asking(1);
    said.length = 0;
    edge.start();
    expect(said).toEqual(['join']);
  });

  test('[P14] at the start attaches from where seats of an earlier owner stand', () => {
    joined(1);
    edge = newEdge({ epoch: EPOCH - 5, seq: 10 });
    edge.start();
    expect(said).toEqual([`attach ${EPOCH - 5}-10 1+`]);
  });
});

test('[P15] a command is refused as unavailable while the owner can not be reached', () => {
  const { seat, frames } = joined(1);
  isUp = false;
  edge.command(RELAY.message, seat, 4, new Uint8Array(3), 0, 3);
  expect(frames).toMatchObject([{ op: 'error', code: 'unavailable', cseq: 4, retry: true }]);
  expect(said).toEqual([]);
});
