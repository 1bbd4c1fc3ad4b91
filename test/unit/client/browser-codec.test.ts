import fc from 'fast-check';
import { Packr as RealPackr, Unpackr as RealUnpackr } from 'msgpackr';
import { describe, expect, test } from 'vitest';
import { Packr, Unpackr } from '../../../src/client/browser-codec.ts';

const options = { useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true } as const;
const real = {
  packr: new RealPackr(options),
  unpackr: new RealUnpackr({
    useRecords: false,
    mapsAsObjects: true,
    copyBuffers: true,
    int64AsType: 'auto' as 'number',
  }),
};
const packr = new Packr();
const unpackr = new Unpackr();

const { value: plain } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, -0),
    fc.integer(),
    fc.integer({ min: -40, max: 300 }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(tie('value'), { maxLength: 40 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('value'),
      { maxKeys: 40 },
    ),
  ),
}));

describe('the codec of the browser bundle', () => {
  test('writes the bytes that msgpackr writes', () => {
    fc.assert(
      fc.property(plain, (value) => {
        expect([...packr.pack(value)]).toEqual([...real.packr.pack(value)]);
      }),
    );
  });

  test('writes -0 as 0, as msgpackr does', () => {
    expect([...packr.pack([-0])]).toEqual([...real.packr.pack([-0])]);
  });

  test('reads what msgpackr reads', () => {
    fc.assert(
      fc.property(plain, (value) => {
        const bytes = new Uint8Array(real.packr.pack(value));
        expect(unpackr.unpack(bytes)).toEqual(real.unpackr.unpack(bytes.slice()));
      }),
    );
  });

  /** Forms that msgpackr reads but does not write. */
  const wide: [string, number[]][] = [
    ['int8', [0xd0, 0x80]],
    ['int16', [0xd1, 0x80, 0x01]],
    ['int32', [0xd2, 0x80, 0, 0, 1]],
    ['int64', [0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe]],
    ['large int64', [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 1]],
    ['uint32', [0xce, 0xff, 0xff, 0xff, 0xff]],
    ['uint64', [0xcf, 0, 0, 0, 0, 0, 0, 0, 7]],
    ['large uint64', [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ['float32', [0xca, 0x3f, 0xc0, 0, 0]],
    ['str8', [0xd9, 1, 0x61]],
    ['str16', [0xda, 0, 1, 0x61]],
    ['str32', [0xdb, 0, 0, 0, 1, 0x61]],
    ['bin16', [0xc5, 0, 1, 9]],
    ['bin32', [0xc6, 0, 0, 0, 1, 9]],
    ['array16', [0xdc, 0, 1, 5]],
    ['array32', [0xdd, 0, 0, 0, 1, 5]],
    ['map16', [0xde, 0, 1, 0xa1, 0x61, 5]],
    ['map32', [0xdf, 0, 0, 0, 1, 0xa1, 0x61, 5]],
  ];
  test.each(wide)('reads %s as msgpackr does', (_name, bytes) => {
    const expected = real.unpackr.unpack(Uint8Array.from(bytes));
    const got = unpackr.unpack(Uint8Array.from(bytes));
    expect(got).toEqual(expected instanceof Uint8Array ? new Uint8Array(expected) : expected);
  });
});
