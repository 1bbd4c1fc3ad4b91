import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import {
  helloFrame,
  joinFrame,
  leaveFrame,
  pingFrame,
  sendFrame,
  setFrame,
} from '../../support/independent/client-frames.ts';
import { readFrame } from '../../support/independent/read-frame.ts';

const epoch = 1_763_673_600_123;
const hex = (value: unknown): string => Buffer.from(encode(value)).toString('hex');
const read = (bytes: string) => readFrame(Buffer.from(bytes, 'hex'));
const bin = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

describe('golden bytes of PROTOCOL section 9', () => {
  it('[golden] the client writes them', () => {
    expect(hex(helloFrame(null, null))).toBe('940101c0c0');
    expect(hex(helloFrame(null, 'r1'))).toBe('940101c0a27231');
    expect(hex(joinFrame(1, 'demo:1'))).toBe('950201a664656d6f3a31c0c0');
    expect(hex(joinFrame(2, 'demo:1', { epoch, seq: 7 }, bin(0x68, 0x69)))).toBe(
      '950202a664656d6f3a3192cf0000019aa323707b07c4026869',
    );
    expect(hex(leaveFrame(3, 'demo:1'))).toBe('930303a664656d6f3a31');
    expect(hex(sendFrame('demo:1', 1, bin(0x92, 0xa1, 0x6d, 0x01)))).toBe('9404a664656d6f3a3101c40492a16d01');
    expect(hex(setFrame('demo:1', 2, { k: bin(0x76) }, ['old']))).toBe('9505a664656d6f3a310281a16bc4017691a36f6c64');
    expect(hex(pingFrame(1000))).toBe('9206cd03e8');
  });

  it('[golden] the client reads them', () => {
    const room = 'demo:1';
    expect(read('9504a664656d6f3a31cf0000019aa323707b089294000101c401789503020581a16bc4017691a36f6c64')).toEqual({
      op: 'events',
      room,
      epoch,
      first: 8,
      events: [
        { kind: 'message', member: 1, cseq: 1, payload: Buffer.from('x') },
        { kind: 'changed', member: 2, cseq: 5, set: new Map([['k', Buffer.from('v')]]), del: ['old'] },
      ],
    });
    expect(read('9307a664656d6f3a3102')).toEqual({ op: 'ack', room, cseq: 2 });
    expect(read('9708ac6f75742d6f662d6f72646572aa65787065637465642032c3c0a664656d6f3a3102')).toEqual({
      op: 'error',
      code: 'out-of-order',
      message: 'expected 2',
      retry: true,
      req: null,
      room,
      cseq: 2,
    });
    expect(read('940ca664656d6f3a31cf0000019aa323707b09')).toEqual({ op: 'position', room, epoch, seq: 9 });
  });
});

describe('a reader that refuses what the page does not have', () => {
  const wrong: readonly (readonly [string, Uint8Array])[] = [
    ['no bytes', bin()],
    ['no array', encode({ op: 6 })],
    ['an unknown opcode', encode([13, 1])],
    ['a field too many', encode([7, 'demo:1', 2, 3])],
    ['a field too few', encode([7, 'demo:1'])],
    ['a str where a number belongs', encode([7, 'demo:1', '2'])],
    ['a float', bin(0x93, 0x07, 0xa1, 0x61, 0xca, 0x3f, 0x80, 0x00, 0x00)],
    ['a negative number', encode([7, 'demo:1', -1])],
    ['an extension', bin(0x93, 0x07, 0xa1, 0x61, 0xd4, 0x01, 0x00)],
    ['a number over 2^53-1', bin(0x92, 0x06, 0xcf, 0x00, 0x20, 0, 0, 0, 0, 0, 0, 0x00)],
    ['bytes after the frame', bin(...encode([7, 'demo:1', 2]), 0xc0)],
    ['half a frame', encode([7, 'demo:1', 2]).subarray(0, 5)],
    ['a code that is none', encode([8, 'teapot', '', true, null, null, null])],
    ['a code with the wrong retry', encode([8, 'rate-limited', '', false, null, null, 1])],
    ['EVENTS without an event', encode([4, 'demo:1', epoch, 8, []])],
    ['an event kind that is none', encode([4, 'demo:1', epoch, 8, [[5, 1]]])],
    ['member 0 as me', encode([2, 1, 'demo:1', epoch, 1, 0, 0, null, null])],
    ['a roster without a state', encode([2, 1, 'demo:1', epoch, 1, 1, 0, [], null])],
    ['a reason that is none', encode([5, 'demo:1', epoch, 1, 1, 0, [], {}, 'because'])],
    ['a state with a number as key', bin(0x99, 0x02, 1, 0xa1, 0x61, 1, 1, 1, 0, 0x90, 0x81, 0x01, 0xc4, 0x00)],
  ];

  it.each(wrong)('[P3] refuses %s', (_what, bytes) => {
    expect(() => readFrame(bytes)).toThrow();
  });
});
