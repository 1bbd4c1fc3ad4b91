import { describe, expect, test } from 'vitest';
import { History } from '../../../src/room/history.ts';

const EPOCH = 1000;

/** Frames of `events` events and `bytes` bytes each, from seq 11 on. */
function filled(frames: number, { events = 2, bytes = 10, bytesMax = 1_000 } = {}): History {
  const history = new History({ epoch: EPOCH, seq: 10 }, bytesMax);
  for (let i = 0; i < frames; i++) {
    const first = 11 + i * events;
    history.push(EPOCH, first, first + events - 1, new Uint8Array(bytes).fill(i));
  }
  return history;
}

function firsts(history: History, seq: number, epoch = EPOCH): number[] | null {
  return history.since({ epoch, seq })?.map(({ first }) => first) ?? null;
}

describe('[P7] since', () => {
  test('gives nothing to one who has everything', () => {
    expect(firsts(filled(3), 16)).toEqual([]);
  });

  test('gives all frames to one who stands at the start', () => {
    expect(firsts(filled(3), 10)).toEqual([11, 13, 15]);
  });

  test('gives the frame that begins right behind', () => {
    expect(firsts(filled(3), 14)).toEqual([15]);
  });

  test('gives the whole frame to one who has a part of it', () => {
    expect(firsts(filled(3), 13)).toEqual([13, 15]);
  });

  test('answers a position at the start of an empty history', () => {
    expect(firsts(new History({ epoch: EPOCH, seq: 10 }, 100), 10)).toEqual([]);
  });
});

describe('[P6] since is null', () => {
  test('before the start', () => {
    expect(firsts(filled(3), 9)).toBeNull();
  });

  test('beyond the end', () => {
    expect(firsts(filled(3), 17)).toBeNull();
  });

  test('for the same seq of another epoch, at a frame end, inside a frame and at the start', () => {
    for (const seq of [10, 12, 13, 16]) {
      expect(firsts(filled(3), seq, EPOCH - 1)).toBeNull();
      expect(firsts(filled(3), seq, EPOCH + 1)).toBeNull();
    }
  });

  test('where the frames behind it were dropped', () => {
    const history = filled(5, { bytesMax: 25 });
    expect(history.bytes).toBe(20);
    expect(firsts(history, 15)).toBeNull();
    expect(firsts(history, 16)).toEqual([17, 19]);
  });
});

test('a frame over the limit leaves an empty history that still knows where it ends', () => {
  const history = filled(2, { bytes: 2_000 });
  expect(history.bytes).toBe(0);
  expect(firsts(history, 14)).toEqual([]);
  expect(firsts(history, 13)).toBeNull();
});

test('frames of an earlier epoch are served under their own epoch', () => {
  const history = filled(2);
  history.push(EPOCH + 5, 15, 15, new Uint8Array(10));
  expect(firsts(history, 12)).toEqual([13, 15]);
  expect(firsts(history, 14)).toEqual([15]);
  expect(firsts(history, 15, EPOCH + 5)).toEqual([]);
  expect(firsts(history, 15)).toBeNull();
});

test('dropping many frames keeps the rest in order', () => {
  const history = filled(500, { bytesMax: 100 });
  expect(firsts(history, 10 + 490 * 2)).toHaveLength(10);
  expect(firsts(history, 10 + 500 * 2)).toEqual([]);
});
