import * as client from '../../../src/protocol/client-writer.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { LEFT_REASON, STATUS } from '../../../src/protocol/op.ts';
import * as server from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import { EPOCH } from '../../support/golden-frames.ts';

const ROOM = 'demo:1';
const utf8 = new TextEncoder();

/** Encoded MessagePack values, as the room layer keeps them. */
function encoded(write: (w: Writer) => void): Uint8Array {
  const w = new Writer(8);
  write(w);
  return w.take();
}

const payload = (bytes: Uint8Array) => encoded((w) => w.bin(bytes));

const patch = encoded((w) => {
  w.map(1);
  w.str('k');
  w.bin(utf8.encode('v'));
  w.array(1);
  w.str('old');
});

const state = encoded((w) => {
  w.map(1);
  w.str('k');
  w.bin(utf8.encode('v'));
});

function roster(withAnn: boolean): Uint8Array {
  return encoded((w) => {
    w.array(withAnn ? 2 : 1);
    server.writeRosterEntry(w, 1, 'guest:s1a2b3c4', STATUS.here, null);
    if (withAnn) server.writeRosterEntry(w, 2, 'ann', STATUS.away, utf8.encode('hi'));
  });
}

/** An EVENTS frame as the owner builds it: events first, the header in front of them last. */
function events(first: number, count: number, write: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  w.raw(new Uint8Array(server.EVENTS_HEADER_MAX));
  write(w);
  const start = server.writeEventsHeader(
    w.bytes,
    server.EVENTS_HEADER_MAX,
    server.encodeStr(ROOM),
    EPOCH,
    first,
    count,
  );
  return w.view().slice(start);
}

/** Each golden frame as this project's own encoders write it, by the golden frame's name. */
export function builtFrames(): ReadonlyMap<string, Uint8Array> {
  const message = payload(utf8.encode('x'));
  return new Map([
    ['HELLO, new guest', client.encodeHello(null, null)],
    ['HELLO, with a token', client.encodeHello('t1', null)],
    ['HELLO, resumed', client.encodeHello(null, 'r1')],
    ['JOIN', client.encodeJoin(1, ROOM, null, null)],
    ['JOIN since', client.encodeJoin(2, ROOM, { epoch: EPOCH, seq: 7 }, utf8.encode('hi'))],
    ['LEAVE', client.encodeLeave(3, ROOM)],
    ['SEND', client.encodeSend(ROOM, 1, Uint8Array.of(0x92, 0xa1, 0x6d, 0x01))],
    ['SET', client.encodeSet(ROOM, 2, new Map([['k', utf8.encode('v')]]), ['old'])],
    ['PING', client.encodePing(1000)],
    ['WELCOME', server.encodeWelcome('s1a2b3c4d5', 'r1', server.encodeWelcomeTail('n1', DEFAULT_LIMITS))],
    ['JOINED, a snapshot (P6)', server.encodeJoined(1, ROOM, EPOCH, 7, 1, 0, roster(true), state)],
    ['JOINED, events follow (P7)', server.encodeJoined(2, ROOM, EPOCH, 7, 1, 0, null, null)],
    ['LEFT', server.encodeLeft(3, ROOM)],
    [
      'EVENTS: a message and a state change',
      events(8, 2, (w) => {
        server.writeMessage(w, 1, 1, message, 0, message.length);
        server.writeState(w, 2, 5, patch, 0, patch.length);
      }),
    ],
    [
      'EVENTS: joined',
      events(10, 2, (w) => {
        server.writeJoined(w, 3, 'guest:s9z8y7x6', null);
        server.writeJoined(w, 4, 'bob', utf8.encode('hi'));
      }),
    ],
    [
      'EVENTS: left',
      events(12, 3, (w) => {
        server.writeLeft(w, 3, LEFT_REASON.left);
        server.writeLeft(w, 4, LEFT_REASON.graceOver);
        server.writeLeft(w, 2, LEFT_REASON.removed);
      }),
    ],
    [
      'EVENTS: away and back',
      events(15, 2, (w) => {
        server.writeStatus(w, 1, STATUS.away);
        server.writeStatus(w, 1, STATUS.here);
      }),
    ],
    ['SYNC', server.encodeSync(ROOM, EPOCH + 1, 20, 1, 4, roster(false), state, 'owner')],
    ['PONG', server.encodePong(1000, EPOCH)],
    ['ACK', server.encodeAck(ROOM, 2)],
    ['ERROR', server.encodeError('out-of-order', 'expected 2', { room: ROOM, cseq: 2 })],
    ['ERROR, of a JOIN', server.encodeError('room-full', null, { req: 1, room: ROOM })],
    ['GOAWAY', server.encodeGoaway('drain', 2000)],
    ['DIRECT', server.encodeDirect(ROOM, 0, utf8.encode('x'))],
    ['CLOSED', server.encodeClosed(ROOM, 'over')],
    ['POSITION', server.encodePosition(ROOM, EPOCH, 9)],
  ]);
}
