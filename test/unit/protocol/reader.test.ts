import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { Reader } from '../../../src/protocol/reader.ts';
import { isUtf8, utf8Length } from '../../../src/protocol/utf8.ts';
import { fromHex } from '../../support/golden-frames.ts';

function over(hex: string): Reader {
  const r = new Reader();
  r.reset(fromHex(hex));
  return r;
}

function fault(read: () => unknown): string {
  try {
    read();
  } catch (thrown) {
    if (thrown instanceof FrameFault) return thrown.message;
    throw thrown;
  }
  return 'no fault';
}

const strict = new TextDecoder('utf-8', { fatal: true });

function strictlyValid(text: readonly number[]): boolean {
  try {
    strict.decode(Uint8Array.from(text));
    return true;
  } catch {
    return false;
  }
}

describe('numbers', () => {
  test.each([
    ['00', 0],
    ['7f', 127],
    ['cc00', 0],
    ['ccff', 255],
    ['cdffff', 65_535],
    ['ceffffffff', 4_294_967_295],
    ['cf0000000000000005', 5],
    ['cf0000000100000000', 4_294_967_296],
    ['cf001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['d005', 5],
    ['d17fff', 32_767],
    ['d27fffffff', 2_147_483_647],
    ['d30000019aa323707b', 1_763_673_600_123],
  ])('any width of a number is accepted: %s', (hex, n) => {
    const r = over(hex);
    expect(r.uint('n')).toBe(n);
    r.done('n');
  });

  test.each(['ff', 'e0', 'd0ff', 'd18000', 'd280000000'])('[P3] a negative number is a fault: %s', (hex) => {
    expect(fault(() => over(hex).uint('n'))).toBe('n: a negative number');
  });

  test.each(['cf0020000000000000', 'cfffffffffffffffff', 'd3ffffffffffffffff'])(
    '[P3] a number beyond 2^53-1 is a fault: %s',
    (hex) => {
      expect(fault(() => over(hex).uint('n'))).toBe('n: a number beyond 2^53-1');
    },
  );

  test.each(['ca3f800000', 'cb3ff0000000000000', 'c0', 'a131', 'c1', 'd40101', 'c70101'])(
    '[P3] a float, an extension or another type is no number: %s',
    (hex) => {
      expect(fault(() => over(hex).uint('n'))).toBe(`n: uint expected, 0x${hex.slice(0, 2)} found`);
    },
  );

  test.each(['', 'cc', 'cd01', 'ce010203', 'cf01020304050607'])('[P3] a number cut off is a fault: %s', (hex) => {
    expect(fault(() => over(hex).uint('n'))).toBe('n: ends too early');
  });
});

describe('texts', () => {
  test.each([
    ['a0', ''],
    ['a161', 'a'],
    ['d90161', 'a'],
    ['da000161', 'a'],
    ['db0000000161', 'a'],
    ['a2c3a9', 'é'],
    ['a3e697a5', '日'],
    ['a4f09f9880', '😀'],
    ['a4efbbbf61', '\ufeffa'],
  ])('any width of a text is accepted: %s', (hex, text) => {
    const r = over(hex);
    expect(r.str('s')).toBe(text);
    r.done('s');
  });

  test.each([
    ['a180', 'a continuation alone'],
    ['a1c3', 'a lead alone'],
    ['a1c3a9', 'a lead whose continuation is outside of the text'],
    ['a2c0af', 'an overlong slash'],
    ['a3e08080', 'an overlong nil'],
    ['a3eda080', 'a surrogate'],
    ['a4f0808080', 'an overlong form of 4 bytes'],
    ['a4f4908080', 'beyond U+10FFFF'],
    ['a1ff', 'a byte that never occurs'],
    ['a3e697a5e6'.replace('a3', 'a4'), 'a text that ends inside a character'],
  ])('[P3] invalid UTF-8 is a fault: %s, %s', (hex) => {
    expect(fault(() => over(hex).str('s'))).toBe('s: not UTF-8');
    expect(fault(() => over(hex).skipStr('s'))).toBe('s: not UTF-8');
  });

  test('the checker agrees with a strict decoder on every sequence of 2 bytes and many of 3 and 4', () => {
    const edges = [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xed, 0xf4, 0xff];
    const pairs = edges.flatMap((b) => edges.map((c) => [b, c]));
    const wrong: number[][] = [];
    const check = (...text: number[]) => {
      if (isUtf8(Uint8Array.from(text), 0, text.length) !== strictlyValid(text)) wrong.push(text);
    };
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) check(a, b);
      for (const pair of pairs) {
        check(a, ...pair);
        check(a, ...pair, 0x80);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe('containers and the rest', () => {
  test.each(['dd00000001', 'dc0001', '91', 'ddffffffff'])(
    '[P3] an array of more elements than bytes is a fault at once: %s',
    (hex) => {
      expect(fault(() => over(hex).array('list'))).toBe('list: ends too early');
    },
  );

  test.each(['8100', 'de000100', 'df0000000100', 'dfffffffff00'])(
    '[P3] a map of more entries than pairs of bytes is a fault at once: %s',
    (hex) => {
      expect(fault(() => over(hex).map('map'))).toBe('map: ends too early');
    },
  );

  test('a bin is a view of the frame and costs no copy', () => {
    const bytes = fromHex('c403010203');
    const r = new Reader();
    r.reset(bytes);
    const bin = r.bin('b');
    expect([bin.buffer === bytes.buffer, ...bin]).toEqual([true, 1, 2, 3]);
  });

  test.each(['c4', 'c405010203', 'c50001', 'c6ffffffff00'])('[P3] a bin cut off is a fault: %s', (hex) => {
    expect(fault(() => over(hex).bin('b'))).toBe('b: ends too early');
  });

  test('nil is consumed only where it stands', () => {
    const r = over('c001');
    expect([r.nil(), r.nil(), r.uint('n'), r.nil()]).toEqual([true, false, 1, false]);
  });

  test('bool', () => {
    const r = over('c2c3');
    expect([r.bool('b'), r.bool('b')]).toEqual([false, true]);
    expect(fault(() => over('01').bool('b'))).toBe('b: bool expected, 0x01 found');
  });

  test('[P3] bytes after the end are a fault', () => {
    const r = over('0100');
    r.uint('n');
    expect(fault(() => r.done('frame'))).toBe('frame: 1 bytes after its end');
  });

  test('skip passes one value of any allowed type', () => {
    for (const hex of [
      'c0',
      'c3',
      '05',
      'cf0000000000000005',
      'a161',
      'c40101',
      '9201a0',
      '81a161c40100',
      'dc0000',
      'de0000',
    ]) {
      const r = over(hex);
      r.skip('value');
      r.done('value');
    }
  });

  test.each(['ca00000000', 'd6ff00000000', 'c1', 'ff', '810102'])('[P3] skip refuses what may not occur: %s', (hex) => {
    expect(fault(() => over(hex).skip('value'))).toMatch(/^value: /);
  });

  test('[P3] skip goes only so deep, whatever is sent', () => {
    expect(fault(() => over('91'.repeat(60_000)).skip('value'))).toBe('value: nested too deep');
  });

  test('a reader stays inside the range that it was given', () => {
    const r = new Reader();
    r.reset(fromHex('01a2616263'), 1, 3);
    expect(fault(() => r.str('s'))).toBe('s: ends too early');
  });
});

test('the length of a text in UTF-8 is that of its encoded form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => utf8Length(text) === new TextEncoder().encode(text).length),
  );
});
