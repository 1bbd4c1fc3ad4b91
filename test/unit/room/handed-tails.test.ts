/** Tails of histories between their HANDOVER and the claim that they are for. */
import { describe, expect, test } from 'vitest';
import { Reader } from '../../../src/protocol/reader.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import type { StoredFrame } from '../../../src/room/frame-store.ts';
import { handOverMessages, readHandOver } from '../../../src/room/hand-over-message.ts';
import { HandedTails } from '../../../src/room/handed-tails.ts';
import type { Tail } from '../../../src/room/history.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const ROOM = 'demo:1';
const EPOCH = 1_000;

function frames(from: number, to: number, bytes = 10): StoredFrame[] {
  return Array.from({ length: to - from + 1 }, (_, i) => {
    return { first: from + i, last: from + i, frame: new Uint8Array(bytes).fill(i) };
  });
}

function tail(from: number, to: number, end = to): Tail {
  const epochs = [
    { epoch: EPOCH - 5, start: 0 },
    { epoch: EPOCH, start: 3 },
  ];
  return { end: { epoch: EPOCH, seq: end }, epochs, frames: frames(from, to) };
}

function firsts(found: Tail | null): number[] | null {
  return found?.frames.map(({ first }) => first) ?? null;
}

describe('a tail', () => {
  test('is there for the claim that finds the room where it ended, once', () => {
    const tails = new HandedTails(new VirtualClock());
    tails.keep(ROOM, tail(5, 7));
    expect(firsts(tails.take(ROOM, { epoch: EPOCH, seq: 7 }))).toEqual([5, 6, 7]);
    expect(tails.take(ROOM, { epoch: EPOCH, seq: 7 })).toBeNull();
  });

  test.each([
    ['another epoch', { epoch: EPOCH + 1, seq: 7 }],
    ['an earlier seq', { epoch: EPOCH, seq: 6 }],
    ['a later seq', { epoch: EPOCH, seq: 8 }],
  ])('is dropped by a claim that finds %s', (_, end) => {
    const tails = new HandedTails(new VirtualClock());
    tails.keep(ROOM, tail(5, 7));
    expect(tails.take(ROOM, end)).toBeNull();
    expect(tails.size).toBe(0);
  });

  test('is put together from its parts', () => {
    const tails = new HandedTails(new VirtualClock());
    tails.keep(ROOM, tail(5, 6, 9));
    tails.keep(ROOM, tail(7, 9));
    expect(firsts(tails.take(ROOM, { epoch: EPOCH, seq: 9 }))).toEqual([5, 6, 7, 8, 9]);
  });

  test('begins behind a part that is lost, and is without frames where the last one is', () => {
    const tails = new HandedTails(new VirtualClock());
    tails.keep(ROOM, tail(4, 5, 9));
    tails.keep(ROOM, tail(8, 9));
    expect(firsts(tails.take(ROOM, { epoch: EPOCH, seq: 9 }))).toEqual([8, 9]);
    tails.keep(ROOM, tail(4, 5, 9));
    expect(firsts(tails.take(ROOM, { epoch: EPOCH, seq: 9 }))).toEqual([]);
  });

  test('is forgotten when the claim does not come', () => {
    const clock = new VirtualClock();
    const tails = new HandedTails(clock);
    tails.keep(ROOM, tail(5, 7));
    tails.sweep();
    expect(tails.size).toBe(1);
    clock.advance(11_000);
    tails.sweep();
    expect(tails.size).toBe(0);
  });

  test('stays without frames where all of them together are too large', () => {
    const tails = new HandedTails(new VirtualClock());
    const large = { ...tail(5, 7), frames: frames(5, 7, 16 * 1024 * 1024) };
    tails.keep('demo:1', large);
    tails.keep('demo:2', large);
    expect(firsts(tails.take('demo:1', large.end))).toEqual([5, 6, 7]);
    expect(firsts(tails.take('demo:2', large.end))).toEqual([]);
    tails.keep('demo:3', large);
    expect(firsts(tails.take('demo:3', large.end))).toEqual([5, 6, 7]);
  });
});

describe('HANDOVER', () => {
  function sent(of: Tail): ReturnType<typeof readHandOver>[] {
    return handOverMessages(ROOM, of).map((write) => {
      const writer = new Writer();
      write(writer);
      const reader = new Reader();
      reader.reset(writer.take());
      reader.array('message');
      reader.uint('op');
      expect(reader.str('room')).toBe(ROOM);
      const part = readHandOver(reader);
      reader.done('message');
      return part;
    });
  }

  test('says all of a tail', () => {
    expect(sent(tail(5, 7))).toEqual([{ ...tail(5, 7), more: false }]);
    expect(sent({ ...tail(5, 7), frames: [] })).toEqual([{ ...tail(5, 7), frames: [], more: false }]);
  });

  test('comes in parts of 64 KiB, or of one frame', () => {
    const long = { ...tail(5, 9), frames: [...frames(5, 8, 30_000), ...frames(9, 9, 100_000)] };
    const parts = sent(long);
    expect(parts.map((part) => part.frames.map(({ first }) => first))).toEqual([[5, 6], [7, 8], [9]]);
    expect(parts.map(({ more }) => more)).toEqual([true, true, false]);
  });
});
