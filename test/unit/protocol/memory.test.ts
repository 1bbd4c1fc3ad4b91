/**
 * What reading costs in memory, measured on the heap between two collections: the same input again and again, so that
 * what one read allocates stands out from the noise of the process.
 */
import { GCProfiler, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { encodeHello, encodeJoin, encodeSend, encodeSet } from '../../../src/protocol/client-writer.ts';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { readServerFrame } from '../../../src/protocol/server-reader.ts';
import { EPOCH, fromHex, GOLDEN_FRAMES, goldenBytes } from '../../support/golden-frames.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

/** A fault is an Error with its stack, whatever the input: measured 740 bytes in plain Node. */
const FAULT_BYTES = 4_096;

/**
 * Bytes that one call allocates, on the heap and in array buffers: the least of ten rounds, since the process adds to
 * a round but never takes from it. A round with a collection inside would show too little and does not count.
 */
function allocated(call: () => void, repeat: number): number {
  const rounds: number[] = [];
  for (let tries = 0; tries < 60 && rounds.length < 10; tries++) {
    collect({ type: 'minor' });
    const profiler = new GCProfiler();
    profiler.start();
    const before = process.memoryUsage();
    for (let i = 0; i < repeat; i++) call();
    const after = process.memoryUsage();
    if (profiler.stop().statistics.length > 0) continue;
    rounds.push((after.heapUsed - before.heapUsed + after.arrayBuffers - before.arrayBuffers) / repeat);
  }
  if (rounds.length === 0) throw new Error('no round without a collection');
  return Math.min(...rounds);
}

const frame = new ClientFrame();

function attempt(read: () => unknown): void {
  try {
    read();
  } catch (thrown) {
    if (!(thrown instanceof FrameFault)) throw thrown;
  }
}

function read(bytes: Uint8Array): void {
  attempt(() => readClientFrame(bytes, frame));
}

const clientFrames = GOLDEN_FRAMES.filter((golden) => golden.from === 'client').map((golden) => fromHex(golden.hex));

// Until the readers are compiled, the engine itself allocates for them.
beforeAll(() => {
  for (let i = 0; i < 30_000; i++) for (const bytes of clientFrames) read(bytes);
  for (let i = 0; i < 3_000; i++) read(Uint8Array.of(0x91));
});

describe('reading a client frame', () => {
  test.each([
    ['SEND', encodeSend('arena:lobby-17', 123_456, new Uint8Array(200))],
    ['SEND of 60 KiB', encodeSend('arena:lobby-17', 123_456, new Uint8Array(61_440))],
    ['SET', encodeSet('demo:1', 7, [['player:1', new Uint8Array(40)]], ['old', 'ünicode'])],
    [
      'SET of 1,000 keys',
      encodeSet(
        'demo:1',
        7,
        Array.from({ length: 1_000 }, (_, i) => [`${i}`, new Uint8Array(4)]),
        [],
      ),
    ],
    ['LEAVE', goldenBytes('LEAVE')],
    ['PING', goldenBytes('PING')],
  ])('allocates nothing: %s', (_, bytes) => {
    // Less than a byte per read is the noise of the process; the smallest object has 16.
    expect(allocated(() => readClientFrame(bytes, frame), 10_000)).toBeLessThan(1);
  });

  test.each([
    ['HELLO', encodeHello('t'.repeat(300), 'r'.repeat(80))],
    ['HELLO of 60 KiB', encodeHello('t'.repeat(61_440), null)],
    ['HELLO of 60 KiB beyond ASCII', encodeHello('日'.repeat(20_000), 'é'.repeat(700))],
    ['JOIN', encodeJoin(1, 'demo:1', { epoch: EPOCH, seq: 2 ** 40 }, new Uint8Array(1_024))],
  ])('allocates at most 4 times the frame: %s', (_, bytes) => {
    expect(allocated(() => read(bytes), 20)).toBeLessThanOrEqual(4 * bytes.length);
  });

  test.each([
    ['an array that says 4 billion', 'ddffffffff'],
    ['a SET that says 4 billion keys', '9505a664656d6f3a3102dfffffffff'],
    ['a SET that says 4 billion deletions', '9505a664656d6f3a310280ddffffffff'],
    ['a SEND that says 4 GiB', '9404a664656d6f3a3101c6ffffffff'],
    ['a HELLO that says 4 GiB', '940101dbffffffff'],
    ['levels without end', `930102${'91'.repeat(60_000)}`],
  ])('a lie about a size costs one fault: %s', (_, hex) => {
    const bytes = fromHex(hex);
    expect(allocated(() => read(bytes), 200)).toBeLessThanOrEqual(4 * bytes.length + FAULT_BYTES);
  });

  test('random and mutated frames cost at most 4 times their size, and a fault', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...clientFrames), fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 4 }))
      .map(([bytes, edits]) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of edits) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), mutated), (bytes) => {
        expect(allocated(() => read(bytes), 50)).toBeLessThanOrEqual(4 * bytes.length + FAULT_BYTES);
      }),
      { numRuns: 500 },
    );
  });
});

describe('reading a server frame', () => {
  // An object costs more than its few bytes on the wire, so the bound is another one than a node's: a fixed multiple.
  test('costs at most 100 times the frame, even one of nothing but the smallest events', () => {
    const event = '950301018090';
    const bytes = fromHex(`9504a1610101dc03e8${event.repeat(1_000)}`);
    const readServer = () => readServerFrame(bytes);
    for (let i = 0; i < 500; i++) readServer();
    expect(allocated(readServer, 5)).toBeLessThanOrEqual(100 * bytes.length);
  });

  test.each([
    ['events that say 4 billion', '9504a1610101ddffffffff'],
    ['a roster that says 4 billion', '990201a16101010100ddffffffffc0'],
    ['a state that says 4 billion keys', '990201a16101010100c0dfffffffff'],
  ])('a lie about a size costs one fault: %s', (_, hex) => {
    const bytes = fromHex(hex);
    const readServer = () => attempt(() => readServerFrame(bytes));
    for (let i = 0; i < 2_000; i++) readServer();
    expect(allocated(readServer, 200)).toBeLessThanOrEqual(4 * bytes.length + FAULT_BYTES);
  });
});
