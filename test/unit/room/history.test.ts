import { describe, expect, test } from 'vitest';
import { History, type Tail } from '../../../src/room/history.ts';
import { messagesFrame } from '../../support/events-frame.ts';

const EPOCH = 1000;

interface Fill {
  readonly events?: number;
  readonly bytesMax?: number;
  readonly before?: Tail | null;
}

/** Of one event. */
const FRAME_BYTES = messagesFrame('demo:1', EPOCH, 11, 1).length;

/** Frames of `events` events each, from seq 11 on, or where `before` ends. */
function filled(frames: number, { events = 2, bytesMax = 10_000, before = null }: Fill = {}, epoch = EPOCH): History {
  const start = before?.end.seq ?? 10;
  const history = new History({ epoch, seq: start }, bytesMax, before);
  for (let i = 0; i < frames; i++) {
    const first = start + 1 + i * events;
    history.push(first, first + events - 1, messagesFrame('demo:1', epoch, first, events));
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
    const history = filled(5, { events: 1, bytesMax: 2.5 * FRAME_BYTES });
    expect(history.bytes).toBe(2 * FRAME_BYTES);
    expect(firsts(history, 12)).toBeNull();
    expect(firsts(history, 13)).toEqual([14, 15]);
  });
});

describe('[P7] a history that goes on from the one before', () => {
  test('serves positions of both epochs, all frames under the newest', () => {
    const history = filled(2, { before: filled(2).tail() }, EPOCH + 5);
    expect(firsts(history, 10)).toEqual([11, 13, 15, 17]);
    expect(firsts(history, 13)).toEqual([13, 15, 17]);
    expect(firsts(history, 14)).toEqual([15, 17]);
    expect(firsts(history, 14, EPOCH + 5)).toEqual([15, 17]);
    const frames = history.since({ epoch: EPOCH, seq: 10 }) ?? [];
    expect(frames.map(({ frame }) => frame)).toEqual(
      [11, 13, 15, 17].map((first) => messagesFrame('demo:1', EPOCH + 5, first, 2)),
    );
  });

  test('takes an epoch before for what came after it as well', () => {
    const history = filled(2, { before: filled(2).tail() }, EPOCH + 5);
    expect(firsts(history, 16)).toEqual([17]);
    expect(firsts(history, 18)).toEqual([]);
    expect(firsts(history, 19)).toBeNull();
  });

  test('[P6] refuses the new epoch before its start, and epochs of others', () => {
    const history = filled(2, { before: filled(2).tail() }, EPOCH + 5);
    expect(firsts(history, 13, EPOCH + 5)).toBeNull();
    expect(firsts(history, 14, EPOCH + 1)).toBeNull();
    expect(firsts(history, 14, EPOCH - 1)).toBeNull();
  });

  test('goes through more owners, of which it knows the last 16', () => {
    let history = filled(1);
    for (let owner = 1; owner <= 20; owner++) history = filled(1, { before: history.tail() }, EPOCH + owner);
    expect(firsts(history, 50, EPOCH + 20)).toEqual([51]);
    expect(firsts(history, 42, EPOCH + 16)).toEqual([43, 45, 47, 49, 51]);
    expect(firsts(history, 20, EPOCH + 5)).toHaveLength(16);
    expect(firsts(history, 18, EPOCH + 4)).toBeNull();
  });

  test('without frames, knows where the epoch before ended', () => {
    const tail = { ...filled(2).tail(), frames: [] };
    const history = filled(1, { before: tail }, EPOCH + 5);
    expect(firsts(history, 14)).toEqual([15]);
    expect(firsts(history, 13)).toBeNull();
  });

  test('drops what is over its limit', () => {
    const before = filled(4, { events: 1 }).tail();
    const history = filled(1, { events: 1, before, bytesMax: 2.5 * FRAME_BYTES }, EPOCH + 5);
    expect(firsts(history, 13)).toEqual([14, 15]);
    expect(firsts(history, 12)).toBeNull();
  });
});

test('a frame over the limit leaves an empty history that still knows where it ends', () => {
  const history = filled(2, { bytesMax: FRAME_BYTES / 2 });
  expect(history.bytes).toBe(0);
  expect(firsts(history, 14)).toEqual([]);
  expect(firsts(history, 13)).toBeNull();
});

test('dropping many frames keeps the rest in order', () => {
  const history = filled(500, { events: 1, bytesMax: 10 * messagesFrame('demo:1', EPOCH, 500, 1).length });
  expect(firsts(history, 500)).toHaveLength(10);
  expect(firsts(history, 510)).toEqual([]);
});

test('[P11] keeps copies: neither what it answers nor what it keeps changes with the bytes that it got', () => {
  const history = filled(1);
  const bytes = messagesFrame('demo:1', EPOCH, 13, 1);
  const kept = [history.push(13, 13, bytes)];
  bytes.set(messagesFrame('demo:1', EPOCH, 14, 1));
  kept.push(history.push(14, 14, bytes));
  bytes.fill(0);
  const frames = [13, 14].map((first) => messagesFrame('demo:1', EPOCH, first, 1));
  expect(kept).toEqual(frames);
  expect(history.since({ epoch: EPOCH, seq: 12 })?.map(({ frame }) => frame)).toEqual(frames);
});

test('what was given out stays as it is when it is dropped, over many chunks', () => {
  const history = filled(0, { bytesMax: 4 * FRAME_BYTES });
  const frames = Array.from({ length: 1000 }, (_, i) => messagesFrame('demo:1', EPOCH, 11 + i, 1));
  const kept = frames.map((frame, i) => history.push(11 + i, 11 + i, frame));
  expect(kept).toEqual(frames);
  expect(history.tail().frames.map(({ frame }) => frame)).toEqual(
    frames.slice(-Math.floor(history.bytes / FRAME_BYTES)),
  );
});

describe('frames that wait to be told', () => {
  const frame = (first: number): Uint8Array => messagesFrame('demo:1', EPOCH, first, 1);

  test('[P7] are kept whatever their size, until they are told', () => {
    const history = new History({ epoch: EPOCH, seq: 10 }, FRAME_BYTES);
    for (const seq of [11, 12, 13]) history.push(seq, seq, frame(seq), 10);
    expect(firsts(history, 10)).toEqual([11, 12, 13]);
    history.trim(12);
    expect([firsts(history, 11), firsts(history, 12)]).toEqual([null, [13]]);
  });

  test('[P7] are there for the next owner, which tells them before it says a word', () => {
    const history = new History({ epoch: EPOCH, seq: 10 }, FRAME_BYTES);
    for (const seq of [11, 12, 13]) history.push(seq, seq, frame(seq), 10);
    const next = new History({ epoch: 2000, seq: 13 }, FRAME_BYTES, history.tail());
    expect(firsts(next, 10)).toEqual([11, 12, 13]);
    next.push(14, 14, messagesFrame('demo:1', 2000, 14, 1));
    expect([firsts(next, 12), firsts(next, 13)]).toEqual([null, [14]]);
  });
});
