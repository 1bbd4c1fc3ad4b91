import { describe, expect, test } from 'vitest';
import { encodeJoin, encodeLeave, encodePing, encodeSend, encodeSet } from '../../../src/protocol/client-writer.ts';
import { FakeGateway } from './fakes.ts';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

describe('commands', () => {
  test('SEND and SET reach the seat of their room, with the encoded body as it came', () => {
    const { say, seat, socket } = new FakeGateway().welcomed('demo:1', 'demo:2');
    say(
      encodeSend('demo:2', 1, bytes('0a0b')),
      encodeSend('demo:1', 1, bytes('0c')),
      encodeSet('demo:2', 2, [['k', bytes('76')]], ['old']),
    );
    expect(seat('demo:1').heard).toEqual(['message 1 c4010c']);
    expect(seat('demo:2').heard).toEqual(['message 1 c4020a0b', 'patch 2 81a16bc4017691a36f6c64']);
    expect(socket.frames).toEqual([]);
  });

  test('a seat that is gone is not found again', () => {
    const { say, connection, socket } = new FakeGateway().welcomed('demo:1', 'demo:2');
    say(encodeSend('demo:2', 1, bytes('00')));
    connection.seats.pop();
    say(encodeSend('demo:2', 2, bytes('00')));
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'not-joined', room: 'demo:2', cseq: 2 }]);
  });

  test('PING is answered with the wall time', () => {
    const gateway = new FakeGateway();
    const { say, socket } = gateway.welcomed();
    say(encodePing(77));
    expect(socket.frames).toEqual([{ op: 'pong', t: 77, now: gateway.clock.wall() }]);
  });

  test('LEAVE goes to the seat', () => {
    const { say, seat } = new FakeGateway().welcomed('demo:1');
    say(encodeLeave(8, 'demo:1'));
    expect(seat('demo:1').heard).toEqual(['leave 8']);
  });

  test.each([
    ['SEND', encodeSend('demo:9', 3, bytes('00')), { req: null, cseq: 3 }],
    ['SET', encodeSet('demo:9', 4, [], ['k']), { req: null, cseq: 4 }],
    ['LEAVE', encodeLeave(5, 'demo:9'), { req: 5, cseq: null }],
  ])('[P3] %s for a room that was not joined is an ERROR, and the socket stays open', (_, frame, about) => {
    const { say, socket } = new FakeGateway().welcomed('demo:1');
    say(frame);
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'not-joined', retry: false, room: 'demo:9', ...about }]);
    expect(socket.closed).toBeNull();
  });
});

describe('JOIN', () => {
  test('carries since and a copy of the meta to the rooms', () => {
    const gateway = new FakeGateway();
    const { say } = gateway.welcomed();
    const frame = encodeJoin(4, 'demo:1', { epoch: 1_763_673_600_123, seq: 7 }, bytes('6869'));
    say(frame);
    frame.fill(0);
    expect(gateway.rooms.joins).toEqual([
      { req: 4, room: 'demo:1', since: { epoch: 1_763_673_600_123, seq: 7 }, meta: bytes('6869') },
    ]);
  });

  test.each([
    ['a space', 'demo 1'],
    ['a first character that is no letter or digit', ':demo'],
    ['nothing', ''],
    ['letters beyond ASCII', 'démo:1'],
  ])('a room name of %s is bad-room', (_, room) => {
    const gateway = new FakeGateway();
    const { say, socket } = gateway.welcomed();
    say(encodeJoin(3, room, null, null));
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'bad-room', retry: false, req: 3, room }]);
    expect(gateway.rooms.joins).toEqual([]);
  });

  test('a huge room name is bad-room, and is not sent back', () => {
    const { say, socket } = new FakeGateway().welcomed();
    say(encodeJoin(3, 'r'.repeat(60_000), null, null));
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'bad-room', req: 3, room: null }]);
  });

  test('a meta over 1 KiB is too-large, one of 1 KiB is not', () => {
    const gateway = new FakeGateway();
    const { say, socket } = gateway.welcomed();
    say(encodeJoin(1, 'demo:1', null, new Uint8Array(1_025)), encodeJoin(2, 'demo:1', null, new Uint8Array(1_024)));
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'too-large', retry: false, req: 1, room: 'demo:1' }]);
    expect(gateway.rooms.joins).toHaveLength(1);
  });

  test('[P9] over roomsMax is too-many-rooms, but a room that is joined may catch up', () => {
    const gateway = new FakeGateway({ limits: { roomsMax: 2 } });
    const { say, socket } = gateway.welcomed('demo:1', 'demo:2');
    say(encodeJoin(7, 'demo:3', null, null), encodeJoin(8, 'demo:1', { epoch: 1, seq: 0 }, null));
    expect(socket.frames).toMatchObject([{ op: 'error', code: 'too-many-rooms', retry: false, req: 7 }]);
    expect(gateway.rooms.joins.map(({ room }) => room)).toEqual(['demo:1', 'demo:2', 'demo:1']);
  });

  test('more joins per second than the node admits are unavailable, to be tried again', () => {
    const gateway = new FakeGateway({ joinsPerSec: 2 });
    const clients = [gateway.welcomed(), gateway.welcomed(), gateway.welcomed()];
    for (const { say } of clients) say(encodeJoin(1, 'demo:1', null, null));
    expect(gateway.rooms.joins).toHaveLength(2);
    const message = expect.stringContaining('ask again in 500 ms');
    expect(clients[2]?.socket.frames).toMatchObject([
      { op: 'error', code: 'unavailable', message, retry: true, req: 1 },
    ]);
    expect(gateway.counters.joinsRefused).toBe(1);
    gateway.clock.advance(500);
    clients[2]?.say(encodeJoin(2, 'demo:1', null, null));
    expect(gateway.rooms.joins).toHaveLength(3);
  });

  test('each of those who are refused is told when its turn would come, up to 10 s', () => {
    const gateway = new FakeGateway({ joinsPerSec: 10 });
    const told = Array.from({ length: 120 }, () => {
      const { say, socket } = gateway.welcomed();
      say(encodeJoin(1, 'demo:1', null, null));
      const [frame] = socket.frames;
      return frame?.op === 'error' ? Number(/in (\d+) ms$/.exec(frame.message)?.[1]) : 0;
    });
    expect(told.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
    expect(told.slice(10, 13)).toEqual([100, 200, 300]);
    expect(told.at(-1)).toBe(10_000);
    gateway.clock.advance(60_000);
    const { say, socket } = gateway.welcomed();
    for (let req = 1; req <= 11; req++) say(encodeJoin(req, `demo:${req}`, null, null));
    expect(socket.frames).toMatchObject([{ op: 'error', message: expect.stringContaining('in 100 ms') }]);
  });

  test('[P9] who is in the room already is not lined up with those who come', () => {
    const gateway = new FakeGateway({ joinsPerSec: 2 });
    const inside = gateway.welcomed('demo:1');
    const [first, second] = [gateway.welcomed(), gateway.welcomed()];
    for (const { say } of [first, second]) say(encodeJoin(1, 'demo:1', null, null));
    expect(second.socket.frames).toMatchObject([{ op: 'error', code: 'unavailable' }]);
    inside.say(encodeJoin(2, 'demo:1', { epoch: 1, seq: 0 }, null));
    expect(inside.socket.frames).toEqual([]);
    expect(gateway.rooms.joins).toHaveLength(3);
  });
});

describe('bad frames', () => {
  test('[P3] a text message closes with 4500 and a reason', () => {
    const gateway = new FakeGateway();
    const { connection, socket } = gateway.welcomed();
    connection.receive(new TextEncoder().encode('hello'), false);
    expect(socket.closed).toEqual({ code: 4500, reason: 'a text message; frames are binary' });
    expect(gateway.counters.badText).toBe(1);
  });

  test('[P3] a frame over frameBytesMax closes with 4500, one at the limit is read', () => {
    const gateway = new FakeGateway({ limits: { frameBytesMax: 200 } });
    const { say, socket, seat } = gateway.welcomed('demo:1');
    const fits = encodeSend('demo:1', 1, new Uint8Array(200 - 12));
    expect(fits).toHaveLength(200);
    say(fits);
    expect(seat('demo:1').heard).toHaveLength(1);
    say(encodeSend('demo:1', 2, new Uint8Array(200 - 11)));
    expect(socket.closed).toEqual({ code: 4500, reason: 'frame of 201 bytes, over frameBytesMax 200' });
    expect(gateway.counters.badTooLarge).toBe(1);
  });

  test.each([
    ['no array', 'c0'],
    ['an unknown opcode', '9163'],
    ['a cseq of 0', '9404a664656d6f3a3100c40492a16d01'],
    ['a payload that is no bin', '9404a664656d6f3a3101c0'],
    ['trailing bytes', '920601c0'],
    ['nothing', ''],
  ])('[P3] %s closes with 4500, and nothing reaches a room', (_, hex) => {
    const gateway = new FakeGateway();
    const { say, socket, seat } = gateway.welcomed('demo:1');
    const { heard } = seat('demo:1');
    say(bytes(hex));
    expect(socket.closed?.code).toBe(4500);
    expect(socket.closed?.reason).not.toBe('');
    expect(heard).toEqual([]);
    expect(gateway.counters.badShape).toBe(1);
  });

  test('[P3] frames behind a bad one are not served', () => {
    const gateway = new FakeGateway();
    const { say } = gateway.welcomed();
    say(bytes('c0'), encodeJoin(1, 'demo:1', null, null));
    expect(gateway.rooms.joins).toEqual([]);
  });
});
