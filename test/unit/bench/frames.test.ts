import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type FrameSink, readFrames } from '../../../bench/swarm/frame-reader.ts';
import { bodyStart, clientFrame, OPCODE } from '../../../bench/swarm/frame-writer.ts';

class Heard implements FrameSink {
  readonly said: string[] = [];

  message(bytes: Uint8Array, start: number, end: number): void {
    this.said.push(`message ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
  }

  ping(bytes: Uint8Array, start: number, end: number): void {
    this.said.push(`ping ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
  }

  closed(code: number): void {
    this.said.push(`closed ${code}`);
  }
}

/** As a server writes it: not masked. */
function serverFrame(opcode: number, body: Uint8Array): Buffer {
  const { length } = body;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = length < 126 ? length : length < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, body]);
}

test('frames of every length and kind come out, wherever the bytes are cut', () => {
  const bodies = fc.array(fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(bodies, fc.array(fc.nat(), { maxLength: 4 }), (lengths, cuts) => {
      const all = Buffer.concat(lengths.map((length) => serverFrame(2, Buffer.alloc(length, length & 0xff))));
      const heard = new Heard();
      const ends = [...cuts.map((cut) => cut % all.length), all.length].sort((a, b) => a - b);
      let pos = 0;
      for (const end of ends) pos = readFrames(all, pos, end, heard);
      expect(pos).toBe(all.length);
      expect(heard.said).toEqual(
        lengths.map((length) => `message ${Buffer.alloc(length, length & 0xff).toString('hex')}`),
      );
    }),
    { numRuns: 50 },
  );
});

test('control frames are told apart', () => {
  const bytes = Buffer.concat([
    serverFrame(9, Buffer.from('hi')),
    serverFrame(10, Buffer.alloc(0)),
    serverFrame(8, Buffer.from([0x11, 0x94])),
    serverFrame(8, Buffer.alloc(0)),
  ]);
  const heard = new Heard();
  expect(readFrames(bytes, 0, bytes.length, heard)).toBe(bytes.length);
  expect(heard.said).toEqual(['ping 6869', 'closed 4500', 'closed 1005']);
});

test('what no server under test sends is a fault', () => {
  const heard = new Heard();
  expect(() => readFrames(Buffer.from([0x02, 0x00]), 0, 2, heard)).toThrow('first byte 0x2');
  expect(() => readFrames(Buffer.from([0x82, 0x80, 0, 0, 0, 0]), 0, 6, heard)).toThrow('masked');
});

test('a client frame is masked, with a key that leaves the body readable', () => {
  const short = clientFrame(OPCODE.binary, Uint8Array.of(7, 8));
  expect([...short]).toEqual([0x82, 0x82, 0, 0, 0, 0, 7, 8]);
  const long = clientFrame(OPCODE.binary, new Uint8Array(300).fill(9));
  expect([...long.subarray(0, 9)]).toEqual([0x82, 0xfe, 1, 44, 0, 0, 0, 0, 9]);
  expect(long.length).toBe(bodyStart(300) + 300);
  expect(() => clientFrame(OPCODE.binary, new Uint8Array(70_000))).toThrow('70000 bytes');
});
