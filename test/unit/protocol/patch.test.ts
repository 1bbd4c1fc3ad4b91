import { describe, expect, test } from 'vitest';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { encodeSet } from '../../../src/protocol/client-writer.ts';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { KEY_BYTES_MAX } from '../../../src/protocol/limits.ts';
import { patchFits, readPatch } from '../../../src/protocol/patch.ts';
import { fromHex } from '../../support/golden-frames.ts';

type Entries = readonly (readonly [string, Uint8Array])[];

function body(set: Entries, del: readonly string[]): readonly [Uint8Array, number, number] {
  const bytes = encodeSet('demo:1', 1, set, del);
  const frame = new ClientFrame();
  readClientFrame(bytes, frame);
  return [bytes, frame.bodyStart, frame.bodyEnd];
}

describe('patch', () => {
  test('tells first what is set and then what is deleted, in the order of the frame', () => {
    const [bytes, start, end] = body(
      [
        ['b', Uint8Array.of(1, 2)],
        ['ä', new Uint8Array(0)],
      ],
      ['c', 'b'],
    );
    const told: unknown[] = [];
    readPatch(
      bytes,
      start,
      end,
      (key, from, to) => told.push(['set', key, ...bytes.subarray(from, to)]),
      (key) => told.push(['del', key]),
    );
    expect(told).toEqual([
      ['set', 'b', 1, 2],
      ['set', 'ä'],
      ['del', 'c'],
      ['del', 'b'],
    ]);
  });

  test('a patch may be read while another one is', () => {
    const inner = body([['x', Uint8Array.of(1)]], []);
    const outer = body(
      [
        ['a', Uint8Array.of(1)],
        ['b', Uint8Array.of(2)],
      ],
      ['c'],
    );
    const keys: string[] = [];
    const ignore = () => {};
    readPatch(
      ...outer,
      (key) => {
        keys.push(key);
        readPatch(...inner, (within) => keys.push(within), ignore);
      },
      (key) => keys.push(key),
    );
    expect(keys).toEqual(['a', 'x', 'b', 'x', 'c']);
  });

  test.each([
    ['k'.repeat(KEY_BYTES_MAX), null],
    ['k'.repeat(KEY_BYTES_MAX + 1), 'too-large'],
    ['é'.repeat(KEY_BYTES_MAX / 2), null],
    ['é'.repeat(KEY_BYTES_MAX / 2 + 1), 'too-large'],
  ])('the limit of a key counts bytes: %s', (key, expected) => {
    expect(
      patchFits(
        ...body(
          [
            ['a', new Uint8Array(1)],
            [key, new Uint8Array(1)],
          ],
          [],
        ),
      ),
    ).toBe(expected);
    expect(patchFits(...body([], ['a', key]))).toBe(expected);
  });

  test.each(['', '80', '8090ff', '81a16b01', 'c090'])('a range that is no patch is a fault: %s', (hex) => {
    const bytes = fromHex(hex);
    const ignore = () => {};
    expect(() => readPatch(bytes, 0, bytes.length, ignore, ignore)).toThrow(FrameFault);
    expect(() => patchFits(bytes, 0, bytes.length)).toThrow(FrameFault);
  });
});
