/**
 * Nothing that a client (or a node) can send makes a reader throw anything but its own fault. fast-check prints the
 * seed and the shortest input of a failure; keep such an input as a named test beside the one that it broke.
 */
import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import { patchFits, readPatch } from '../../../src/protocol/patch.ts';
import { decodeMessage, decodePayload, encodePayload, PayloadFault } from '../../../src/protocol/payload.ts';
import { readServerFrame } from '../../../src/protocol/server-reader.ts';
import { fromHex, GOLDEN_FRAMES } from '../../support/golden-frames.ts';

const RUNS = 5_000;

/** Whether the reader took the input; anything thrown that is not its fault fails the test. */
function accepts(read: () => unknown, fault: typeof FrameFault | typeof PayloadFault): boolean {
  try {
    read();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof fault)) throw thrown;
    if (!/^[ -~]{1,120}$/.test(thrown.message)) throw new Error('no reason for a close', { cause: thrown });
    return false;
  }
}

/** The other side's reader for a frame of this side. */
function reader(from: 'client' | 'server', bytes: Uint8Array): () => void {
  return from === 'client' ? () => readClientFrame(bytes, new ClientFrame()) : () => void readServerFrame(bytes);
}

function readAll(bytes: Uint8Array): void {
  const frame = new ClientFrame();
  if (accepts(() => readClientFrame(bytes, frame), FrameFault)) mustBeFrame(bytes, frame);
  accepts(() => readServerFrame(bytes), FrameFault);
  const ignore = () => {};
  const fits = accepts(() => patchFits(bytes, 0, bytes.length), FrameFault);
  const reads = accepts(() => readPatch(bytes, 0, bytes.length, ignore, ignore), FrameFault);
  // patchFits stops at the first key that is too long, so it may take a patch whose rest is bad, never the reverse.
  if (reads) expect(fits).toBe(true);
  accepts(() => decodeMessage(bytes), PayloadFault);
  if (accepts(() => decodePayload(bytes), PayloadFault)) encodePayload(decodePayload(bytes));
}

/** What we take for a frame is one array to another MessagePack library, too, and says the same. */
function mustBeFrame(bytes: Uint8Array, frame: ClientFrame): void {
  const value = decode(bytes, { useBigInt64: true }) as unknown[];
  expect(Number(value[0])).toBe(frame.op);
  if (frame.op === CLIENT_OP.send) {
    expect([value[1], Number(value[2])]).toEqual([frame.room(bytes), frame.cseq]);
    expect(value[3]).toEqual(decode(bytes.subarray(frame.bodyStart, frame.bodyEnd)));
  }
}

const frames = GOLDEN_FRAMES.map((golden) => fromHex(golden.hex));
const golden = fc.constantFrom(...frames);

/** Bytes at which MessagePack changes its mind: every tag, small counts, and what ends a width. */
const telling = fc.constantFrom(
  ...[0x00, 0x01, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0x91, 0x94, 0x95, 0x99, 0x9f, 0xa0, 0xa1, 0xbf],
  ...Array.from({ length: 64 }, (_, i) => 0xc0 + i),
);
const byte = fc.oneof(telling, fc.nat(255));

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'repeat'),
  byte,
});

const mutated = fc.tuple(golden, fc.array(edit, { minLength: 1, maxLength: 6 })).map(([frame, edits]) => {
  const bytes = [...frame];
  for (const { at, kind, byte: value } of edits) {
    const i = Math.floor(at * bytes.length);
    if (kind === 'replace') bytes[i] = value;
    else if (kind === 'insert') bytes.splice(i, 0, value);
    else if (kind === 'remove') bytes.splice(i, 1);
    else bytes.splice(i, 0, ...bytes.slice(i, i + 8));
  }
  return Uint8Array.from(bytes);
});

/** Any value that MessagePack can say, allowed here or not, so that much of it is well-formed and wrong. */
const { value: anything } = fc.letrec<{ value: Uint8Array }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('c0', 'c3', '05', 'ff', 'cd0100', 'cf0000019aa323707b', 'cb3ff0000000000000').map(fromHex),
    fc.constantFrom('a0', 'a664656d6f3a31', 'd90161', 'a2c328', 'c400', 'c4020102', 'd6ff00000000', 'c1').map(fromHex),
    fc.array(tie('value'), { maxLength: 9 }).map((items) => joined(0x90 | items.length, items)),
    fc
      .array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 })
      .map((entries) => joined(0x80 | entries.length, entries.flat())),
  ),
}));

function joined(tag: number, parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from([tag, ...parts.flatMap((part) => [...part])]);
}

/** Right opcode, right number of elements, anything in them. */
const shaped = fc
  .tuple(fc.constantFrom(...frames), fc.array(anything, { minLength: 9, maxLength: 9 }))
  .map(([frame, parts]) => {
    const count = (frame[0] ?? 0) & 0x0f;
    return joined(0x90 | count, [Uint8Array.of(frame[1] ?? 0), ...parts.slice(0, count - 1)]);
  });

describe('[P3] a reader throws nothing but its fault', () => {
  test('on random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), readAll), { numRuns: RUNS });
  });

  test('on bytes that look like MessagePack', () => {
    const likely = fc.array(byte, { maxLength: 60 }).map((bytes) => Uint8Array.from(bytes));
    fc.assert(fc.property(likely, readAll), { numRuns: RUNS });
  });

  test('on MessagePack values of any kind', () => {
    fc.assert(fc.property(anything, readAll), { numRuns: RUNS });
  });

  test('on frames of the right length with anything inside', () => {
    fc.assert(fc.property(shaped, readAll), { numRuns: RUNS });
  });

  test('on valid frames with a few bytes changed', () => {
    fc.assert(fc.property(mutated, readAll), { numRuns: RUNS });
  });

  test('on valid frames with any one byte changed to any other', () => {
    for (const { hex, from } of GOLDEN_FRAMES) {
      const frame = fromHex(hex);
      for (let at = 0; at < Math.min(frame.length, 48); at++) {
        for (let value = 0; value < 256; value++) accepts(reader(from, frame.with(at, value)), FrameFault);
      }
    }
  });

  test.each(GOLDEN_FRAMES)('$name cut anywhere is a bad frame', ({ hex, from }) => {
    const bytes = fromHex(hex);
    for (let end = 0; end < bytes.length; end++) {
      expect(accepts(reader(from, bytes.subarray(0, end)), FrameFault), `cut at ${end}`).toBe(false);
    }
  });
});
