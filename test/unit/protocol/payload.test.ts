import { encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMessage,
  decodePayload,
  encodeMessage,
  encodePayload,
  PayloadFault,
} from '../../../src/protocol/payload.ts';
import { PAYLOAD_DEPTH_MAX } from '../../../src/protocol/plain-value.ts';
import { fromHex, toHex } from '../../support/golden-frames.ts';

function nested(depth: number, wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 0;
  for (let i = 0; i < depth; i++) value = wrap(value);
  return value;
}

describe('plain data', () => {
  test('comes back as it went', () => {
    const keys = fc
      .string({ unit: 'grapheme' })
      .filter((key) => !['__proto__', 'constructor', 'prototype'].includes(key));
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5, withCrossShrink: true },
        fc.constant(null),
        fc.boolean(),
        fc.integer(),
        fc.maxSafeInteger(),
        fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
        fc.string({ unit: 'grapheme' }),
        fc.uint8Array(),
        fc.array(tie('value')),
        fc.dictionary(keys, tie('value'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, (plain) => {
        expect(decodePayload(encodePayload(plain))).toEqual(plain);
      }),
    );
  });

  test('undefined is null, objects of a class are their fields', () => {
    class Point {
      x = 1;
      y = undefined;
    }
    expect(decodePayload(encodePayload(undefined))).toBe(null);
    expect(decodePayload(encodePayload([new Point()]))).toEqual([{ x: 1, y: null }]);
  });

  test('whole numbers of another library are bigints only where a number is not exact', () => {
    expect(decodePayload(encode(1_763_673_600_123))).toBe(1_763_673_600_123);
    expect(decodePayload(fromHex('cfffffffffffffffff'))).toBe(2n ** 64n - 1n);
    expect(decodePayload(fromHex('d38000000000000000'))).toBe(-(2n ** 63n));
    expect(decodePayload(encodePayload([2n ** 60n, 5n]))).toEqual([2n ** 60n, 5]);
  });

  test('a decoded bin is a copy that outlives its frame', () => {
    const frame = encodePayload({ bin: Uint8Array.of(1, 2, 3) });
    const { bin } = decodePayload(frame) as { bin: Uint8Array };
    frame.fill(0);
    expect([...bin]).toEqual([1, 2, 3]);
  });

  test('decoding leaves no trace on the bytes that it was given', () => {
    const bytes = encodePayload([1]);
    decodePayload(bytes);
    expect(Object.keys(bytes)).toEqual(Object.keys(new Uint8Array(bytes.length)));
    expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
  });

  test.each([
    ['arrays', (inner: unknown) => [inner]],
    ['objects', (inner: unknown) => ({ a: inner })],
  ])('as deep as the limit and no deeper: %s', (_, wrap) => {
    const deepest = nested(PAYLOAD_DEPTH_MAX, wrap);
    expect(decodePayload(encodePayload(deepest))).toEqual(deepest);
    const deeper = nested(PAYLOAD_DEPTH_MAX + 1, wrap);
    expect(() => encodePayload(deeper)).toThrow('nested deeper than 32');
    expect(() => decodePayload(encode(deeper))).toThrow(new PayloadFault('nested deeper than 32'));
  });
});

describe('what is not plain', () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);

  test.each([
    ['a function', () => 1],
    ['a symbol', Symbol('s')],
    ['a date', new Date(0)],
    ['a map', new Map()],
    ['a set', new Set()],
    ['an error', new Error('e')],
    ['a regular expression', /a/],
    ['a typed array that is no Uint8Array', new Float32Array(2)],
    ['an ArrayBuffer', new ArrayBuffer(2)],
    ['NaN', Number.NaN],
    ['an infinity', Number.POSITIVE_INFINITY],
    ['a bigint beyond 64 bits', 2n ** 64n],
    ['half of a surrogate pair', '\ud800'],
    ['half of a surrogate pair in a key', { '\udc00': 1 }],
    ['the key __proto__', JSON.parse('{"__proto__":1}')],
    ['the key constructor', { constructor: 1 }],
    ['the key prototype', { prototype: 1 }],
    ['a cycle', cycle],
  ])('%s is refused where it is sent, at any depth', (_, value) => {
    expect(() => encodePayload(value)).toThrow(PayloadFault);
    expect(() => encodePayload({ list: [value] })).toThrow(PayloadFault);
  });

  test.each([
    ['', 'the payload ends too early'],
    ['92a16d', 'the payload ends too early'],
    ['ddffffffff', 'the payload ends too early'],
    ['dfffffffff', 'the payload ends too early'],
    ['c6ffffffff', 'the payload ends too early'],
    ['cb00', 'the payload ends too early'],
    ['0101', 'bytes after the end of the payload'],
    ['c1', 'an extension type, such as a date: only plain data is allowed'],
    ['d6ff00000000', 'an extension type, such as a date: only plain data is allowed'],
    ['d47800', 'an extension type, such as a date: only plain data is allowed'],
    ['d4724091a16101', 'an extension type, such as a date: only plain data is allowed'],
    ['81c0c0', 'a key that is not a string'],
    ['810101', 'a key that is not a string'],
    ['81a95f5f70726f746f5f5f80', 'a key that is __proto__, constructor or prototype'],
    ['81d9095f5f70726f746f5f5f80', 'a key that is __proto__, constructor or prototype'],
    ['9181ab636f6e7374727563746f7201', 'a key that is __proto__, constructor or prototype'],
    ['81a970726f746f7479706501', 'a key that is __proto__, constructor or prototype'],
    ['a1ff', 'a string that is not UTF-8'],
    ['81a1ff01', 'a string that is not UTF-8'],
    ['cb7ff8000000000000', 'a number that is not finite'],
    ['cbfff0000000000000', 'a number that is not finite'],
    ['ca7f800000', 'a number that is not finite'],
    ['ca7fc00000', 'a number that is not finite'],
  ])('%s is refused where it arrives: %s', (hex, message) => {
    expect(() => decodePayload(fromHex(hex))).toThrow(new PayloadFault(message));
  });

  test('a million levels are refused like 33', () => {
    expect(() => decodePayload(new Uint8Array(1_000_000).fill(0x91))).toThrow('nested deeper than 32');
  });
});

describe('messages', () => {
  test('are an array of type and data', () => {
    expect(toHex(encodeMessage('m', 1))).toBe('92a16d01');
    expect(decodeMessage(fromHex('92a16d01'))).toEqual({ type: 'm', data: 1 });
    expect(decodeMessage(encodeMessage('ping', undefined))).toEqual({ type: 'ping', data: null });
  });

  test.each(['91a16d', '93a16d0101', '920101', '81a16d01', 'a16d', 'c0'])('%s is no message', (hex) => {
    expect(() => decodeMessage(fromHex(hex))).toThrow(PayloadFault);
  });
});
