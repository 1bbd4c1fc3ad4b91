import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Reader } from '../../../src/protocol/reader.ts';
import { EVENTS_HEADER_MAX, encodeStr, writeEventsHeader } from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import { toHex } from '../../support/golden-frames.ts';

function written(write: (w: Writer) => void): Uint8Array {
  const w = new Writer(1);
  write(w);
  return w.take();
}

/** Every number at which a form gets longer, and its neighbours. */
const edges = [0, 31, 32, 127, 128, 255, 256, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 53 - 1];
const numbers = fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat());
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 400 }),
  fc.constantFrom(`${'x'.repeat(127)}é`, 'x'.repeat(128), 'é'.repeat(16), 'é'.repeat(128), '日'.repeat(30_000)),
);

describe('writer', () => {
  test('numbers take their shortest form, as another library writes them', () => {
    fc.assert(
      fc.property(numbers, (n) => {
        expect(toHex(written((w) => w.uint(n)))).toBe(toHex(encode(n)));
      }),
    );
  });

  test('texts take their shortest form, as another library writes them', () => {
    fc.assert(
      fc.property(texts, (text) => {
        expect(toHex(written((w) => w.str(text)))).toBe(toHex(encode(text)));
      }),
    );
  });

  test.each([0, 1, 31, 32, 48, 49, 255, 256, 65_535, 65_536])('bins and raw bytes of %i bytes', (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => i);
    const bin = encode(bytes);
    expect(toHex(written((w) => w.bin(bytes)))).toBe(toHex(bin));
    expect(toHex(written((w) => w.raw(bin)))).toBe(toHex(bin));
    expect(toHex(written((w) => w.raw(bin, 1, bin.length)))).toBe(toHex(bin.subarray(1)));
  });

  test.each([0, 15, 16, 65_535, 65_536])('headers of %i elements', (count) => {
    const list = new Array(count).fill(0);
    const size = encode(list).length - count;
    expect(toHex(written((w) => w.array(count)))).toBe(toHex(encode(list).subarray(0, size)));
    const map = encode(Object.fromEntries(list.map((_, i) => [i, 0])));
    const header = written((w) => w.map(count));
    expect(toHex(header)).toBe(toHex(map.subarray(0, header.length)));
  });

  test('half of a surrogate pair becomes U+FFFD, so that what we write is always valid', () => {
    expect(decode(written((w) => w.str('a\ud800b')))).toBe('a\ufffdb');
  });

  test.each([-1, 0.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY])('%d is no wire number and a bug', (n) => {
    expect(() => new Writer().uint(n)).toThrow('assertion failed');
  });

  test('what is written is read back', () => {
    const value = fc.oneof(
      numbers.map((n) => ({ write: (w: Writer) => w.uint(n), read: (r: Reader) => expect(r.uint('n')).toBe(n) })),
      texts.map((s) => ({ write: (w: Writer) => w.str(s), read: (r: Reader) => expect(r.str('s')).toBe(s) })),
      fc.uint8Array({ maxLength: 300 }).map((b) => ({
        write: (w: Writer) => w.bin(b),
        read: (r: Reader) => expect(toHex(r.bin('b'))).toBe(toHex(b)),
      })),
      fc.boolean().map((b) => ({ write: (w: Writer) => w.bool(b), read: (r: Reader) => expect(r.bool('b')).toBe(b) })),
      fc.constant({ write: (w: Writer) => w.nil(), read: (r: Reader) => expect(r.nil()).toBe(true) }),
    );
    const w = new Writer(1);
    const r = new Reader();
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), (values) => {
        w.reset();
        w.array(values.length);
        for (const { write } of values) write(w);
        r.reset(w.view());
        expect(r.array('list')).toBe(values.length);
        for (const { read } of values) read(r);
        r.done('list');
      }),
    );
  });

  test('view is no copy, take is one', () => {
    const w = new Writer();
    w.str('before');
    const taken = w.take();
    const viewed = w.view();
    w.reset();
    w.str('behind');
    expect([decode(taken), decode(viewed)]).toEqual(['before', 'behind']);
  });
});

describe('the header of an EVENTS frame', () => {
  test('ends where the events begin, whatever its numbers', () => {
    const room = fc.constantFrom('a', 'demo:1', 'r'.repeat(31), 'r'.repeat(32), 'r'.repeat(128));
    const count = fc.constantFrom(0, 1, 15, 16, 65_535, 65_536);
    fc.assert(
      fc.property(room, numbers, numbers, count, (name, epoch, first, events) => {
        const target = new Uint8Array(EVENTS_HEADER_MAX + 3).fill(0xee);
        const start = writeEventsHeader(target, EVENTS_HEADER_MAX, encodeStr(name), epoch, first, events);
        const expected = written((w) => {
          w.array(5);
          w.uint(4);
          w.str(name);
          w.uint(epoch);
          w.uint(first);
          w.array(events);
        });
        expect(start).toBeGreaterThanOrEqual(0);
        expect(toHex(target.subarray(start, EVENTS_HEADER_MAX))).toBe(toHex(expected));
        expect([...target.subarray(0, start), ...target.subarray(EVENTS_HEADER_MAX)].every((b) => b === 0xee)).toBe(
          true,
        );
      }),
    );
  });

  test('too little space in front of the events is a bug', () => {
    expect(() => writeEventsHeader(new Uint8Array(20), 5, encodeStr('demo:1'), 1, 1, 1)).toThrow('assertion failed');
  });
});
