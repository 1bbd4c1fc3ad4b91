import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import * as client from '../../../src/protocol/client-writer.ts';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import { fromHex, goldenBytes, toHex } from '../../support/golden-frames.ts';

function read(bytes: Uint8Array): ClientFrame {
  const frame = new ClientFrame();
  readClientFrame(bytes, frame);
  return frame;
}

function fault(bytes: Uint8Array): string {
  try {
    read(bytes);
  } catch (thrown) {
    if (thrown instanceof FrameFault) return thrown.message;
    throw thrown;
  }
  return 'no fault';
}

const texts = fc.string({ unit: 'grapheme', maxLength: 200 });
const numbers = fc.maxSafeNat();
const bins = fc.uint8Array({ maxLength: 300 });

describe('what a client writes, a node reads', () => {
  test('HELLO', () => {
    fc.assert(
      fc.property(fc.option(texts), fc.option(texts), (token, resume) => {
        const frame = read(client.encodeHello(token, resume));
        expect([frame.op, frame.version, frame.token, frame.resume]).toEqual([CLIENT_OP.hello, 1, token, resume]);
      }),
    );
  });

  test('JOIN', () => {
    const since = fc.option(fc.record({ epoch: numbers, seq: numbers }));
    fc.assert(
      fc.property(numbers, texts, since, fc.option(bins), (req, room, from, meta) => {
        const bytes = client.encodeJoin(req, room, from, meta);
        const frame = read(bytes);
        expect([frame.op, frame.req, frame.room(bytes), frame.hasSince]).toEqual([2, req, room, from !== null]);
        if (from !== null) expect([frame.sinceEpoch, frame.sinceSeq]).toEqual([from.epoch, from.seq]);
        if (meta === null) expect([frame.metaStart, frame.metaEnd]).toEqual([-1, -1]);
        else expect(toHex(bytes.subarray(frame.metaStart, frame.metaEnd))).toBe(toHex(meta));
      }),
    );
  });

  test('LEAVE and PING', () => {
    fc.assert(
      fc.property(numbers, texts, (n, room) => {
        const leave = client.encodeLeave(n, room);
        const left = read(leave);
        expect([left.op, left.req, left.room(leave)]).toEqual([CLIENT_OP.leave, n, room]);
        const ping = read(client.encodePing(n));
        expect([ping.op, ping.t]).toEqual([CLIENT_OP.ping, n]);
      }),
    );
  });

  test('SEND: the body is the payload as it was encoded', () => {
    fc.assert(
      fc.property(texts, numbers, bins, (room, n, payload) => {
        const cseq = Math.max(1, n);
        const bytes = client.encodeSend(room, cseq, payload);
        const frame = read(bytes);
        expect([frame.op, frame.room(bytes), frame.cseq]).toEqual([CLIENT_OP.send, room, cseq]);
        expect(toHex(bytes.subarray(frame.bodyStart, frame.bodyEnd))).toBe(toHex(encode(payload)));
      }),
    );
  });

  test('SET: the body is set and then del as they were encoded', () => {
    const set = fc.uniqueArray(fc.tuple(texts, bins), { selector: ([key]) => key, maxLength: 20 });
    fc.assert(
      fc.property(texts, set, fc.array(texts, { maxLength: 20 }), (room, entries, del) => {
        const bytes = client.encodeSet(room, 9, entries, del);
        expect(toHex(client.encodeSet(room, 9, new Map(entries), del))).toBe(toHex(bytes));
        const frame = read(bytes);
        expect([frame.op, frame.room(bytes), frame.cseq]).toEqual([CLIENT_OP.set, room, 9]);
        const body = toHex(bytes.subarray(frame.bodyStart, frame.bodyEnd));
        expect(toHex(bytes).endsWith(body)).toBe(true);
        expect(body.endsWith(toHex(encode(del)))).toBe(true);
      }),
    );
  });
});

describe('bad frames', () => {
  test.each([
    ['', 'frame: ends too early'],
    ['c0', 'frame: array expected, 0xc0 found'],
    ['a568656c6c6f', 'frame: array expected, 0xa5 found'],
    ['90', 'frame: no opcode'],
    ['9100', 'opcode: 0 is unknown'],
    ['9107', 'opcode: 7 is unknown'],
    ['91ff', 'opcode: a negative number'],
    ['91a131', 'opcode: uint expected, 0xa1 found'],
    ['9101', 'HELLO: 4 elements expected, 1 found'],
    ['9301c0c0', 'HELLO version: uint expected, 0xc0 found'],
    ['930101c0', 'HELLO: 4 elements expected, 3 found'],
    ['94010101c0', 'HELLO token: str expected, 0x01 found'],
    ['940101c0c40101', 'HELLO resume: str expected, 0xc4 found'],
    ['940101a1ffc0', 'HELLO token: not UTF-8'],
    ['940201a161c0', 'JOIN: 5 elements expected, 4 found'],
    ['950201a1619101c0', 'JOIN since: 2 elements expected, 1 found'],
    ['950201a16193010203c0', 'JOIN since: 2 elements expected, 3 found'],
    ['950201a16105c0', 'JOIN since: array expected, 0x05 found'],
    ['950201a16192a10101c0', 'JOIN since epoch: uint expected, 0xa1 found'],
    ['950201a161c0a16d', 'JOIN meta: bin expected, 0xa1 found'],
    ['9502cb3ff0000000000000a161c0c0', 'JOIN req: uint expected, 0xcb found'],
    ['930301c40161', 'LEAVE room: str expected, 0xc4 found'],
    ['9404a16100c40101', 'SEND cseq: is 0'],
    ['9404a16101a101', 'SEND payload: bin expected, 0xa1 found'],
    ['9404a161cf0020000000000000c40101', 'SEND cseq: a number beyond 2^53-1'],
    ['9405a1610180', 'SET: 5 elements expected, 4 found'],
    ['9505a161008090', 'SET cseq: is 0'],
    ['9505a1610181c4016bc4017690', 'SET key: str expected, 0xc4 found'],
    ['9505a1610181a16ba17690', 'SET value: bin expected, 0xa1 found'],
    ['9505a161018091c40161', 'SET del key: str expected, 0xc4 found'],
    ['9505a16101809161', 'SET del key: str expected, 0x61 found'],
    ['9505a16101c090', 'SET set: map expected, 0xc0 found'],
    ['9505a1610180c0', 'SET del: array expected, 0xc0 found'],
    ['9306cd03e801', 'PING: 2 elements expected, 3 found'],
    ['9206cb3ff0000000000000', 'PING t: uint expected, 0xcb found'],
    ['9206cd03e8c0', 'frame: 1 bytes after its end'],
  ])('[P3] %s is a bad frame: %s', (hex, message) => {
    expect(fault(fromHex(hex))).toBe(message);
  });

  test('[P3] a fault is short enough for the reason of a close', () => {
    expect(new TextEncoder().encode(new FrameFault('x'.repeat(500)).message).length).toBeLessThanOrEqual(120);
  });
});

describe('well-formed frames', () => {
  test('names, keys and metas over their limits are no bad frames', () => {
    const long = 'x'.repeat(5_000);
    expect(fault(client.encodeLeave(1, long))).toBe('no fault');
    expect(fault(client.encodeJoin(1, '', null, new Uint8Array(5_000)))).toBe('no fault');
    expect(fault(client.encodeSet('a', 1, [[long, new Uint8Array(1)]], [long]))).toBe('no fault');
  });

  test('any MessagePack width of a value is accepted', () => {
    const bytes = fromHex('dc0004cc04db0000000664656d6f3a31cf0000000000000001c60000000492a16d01');
    const frame = read(bytes);
    expect([frame.op, frame.room(bytes), frame.cseq]).toEqual([CLIENT_OP.send, 'demo:1', 1]);
    expect(toHex(bytes.subarray(frame.bodyStart, frame.bodyEnd))).toBe('c60000000492a16d01');
  });

  test('a HELLO of another version shows its version, whatever the rest of it is', () => {
    expect(read(fromHex('940102c0c0')).version).toBe(2);
    expect(read(fromHex('960102c0c081a16101c3')).version).toBe(2);
    expect(fault(fromHex('930102c1'))).toBe('HELLO: uint expected, 0xc1 found');
  });

  test('a later frame does not show the secrets of a HELLO', () => {
    const frame = new ClientFrame();
    readClientFrame(client.encodeHello('token', 'resume'), frame);
    readClientFrame(goldenBytes('PING'), frame);
    expect([frame.token, frame.resume]).toEqual([null, null]);
  });
});
