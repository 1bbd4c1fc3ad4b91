import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePayload, encodePayload } from '../../../src/protocol/payload.ts';
import { PAYLOAD_DEPTH_MAX } from '../../../src/protocol/plain-value.ts';
import { copyAgain, type Simple, simpleCopy } from '../../../src/protocol/simple-value.ts';
import { writeSimple } from '../../../src/protocol/write-simple.ts';
import { Writer } from '../../../src/protocol/writer.ts';

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withTypedArray: true,
  withNullPrototype: true,
  withSparseArray: true,
  withMap: true,
});
const { simple } = fc.letrec((tie) => ({
  simple: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(-0, -1, -32, -33, -128, -129, -32_768, -32_769, -0x8000_0000, -0x8000_0001, 2 ** 32, 2 ** 32 - 1),
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.array(tie('simple')),
    fc.dictionary(
      fc.string({ unit: 'grapheme' }).filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key)),
      tie('simple'),
      { noNullPrototype: true },
    ),
  ),
}));

function written(value: Simple): Uint8Array {
  const w = new Writer(4);
  writeSimple(w, value);
  return w.take();
}

function copied(value: unknown): Simple {
  const copy = simpleCopy(value);
  if (copy === undefined) throw new Error('not simple');
  return copy;
}

describe('the copy of a simple value', () => {
  test('is what the codec makes of it, and so is its encoded form', () => {
    fc.assert(
      fc.property(simple, (value) => {
        const copy = copied(value);
        expect(copy).toStrictEqual(decodePayload(encodePayload(value)));
        expect(decodePayload(written(copy))).toStrictEqual(copy);
      }),
    );
  });

  test('of anything else is undefined, or what the codec makes of it', () => {
    fc.assert(
      fc.property(anything, (value) => {
        const copy = simpleCopy(value);
        if (copy !== undefined) expect(copy).toStrictEqual(decodePayload(encodePayload(value)));
      }),
      { numRuns: 2000 },
    );
  });

  test('shares nothing with the original, nor a further copy with the first', () => {
    const original = { pos: { x: 1 }, list: [[1], { y: 2 }], text: 'a' };
    const copy = copied(original);
    const again = copyAgain(copy) as typeof original;
    original.pos.x = 9;
    original.list.push([3]);
    expect(copy).toEqual({ pos: { x: 1 }, list: [[1], { y: 2 }], text: 'a' });
    again.pos.x = 9;
    (again.list[1] as { y: number }).y = 9;
    expect(copy).toEqual({ pos: { x: 1 }, list: [[1], { y: 2 }], text: 'a' });
  });

  test.each([
    ['a function', () => 0],
    ['NaN', Number.NaN],
    ['bytes', Uint8Array.of(1)],
    ['a bigint', 1n],
    ['an object of a class', new (class Point {})()],
    ['a field under a symbol', { [Symbol('s')]: {} }],
    ['a forbidden key', JSON.parse('{"__proto__": 1}')],
    ['half a surrogate pair', '\ud800'],
    ['half a surrogate pair in a key', { '\ud800': 1 }],
    ['undefined inside', { a: undefined }],
    ['a hole', new Array(1)],
  ])('is undefined for %s', (_, value) => {
    expect(simpleCopy(value)).toBeUndefined();
    expect(simpleCopy([value])).toBeUndefined();
  });

  test('ends at the depth that payloads may have', () => {
    const nested = (depth: number): unknown => (depth === 0 ? 0 : [nested(depth - 1)]);
    expect(simpleCopy(nested(PAYLOAD_DEPTH_MAX))).toBeDefined();
    expect(simpleCopy(nested(PAYLOAD_DEPTH_MAX + 1))).toBeUndefined();
    const cycle: unknown[] = [];
    cycle.push(cycle);
    expect(simpleCopy(cycle)).toBeUndefined();
  });
});
