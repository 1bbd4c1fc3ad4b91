import { describe, expect, test } from 'vitest';
import { longestPause, percentileOf } from '../../../bench/probes/pauses.ts';
import { durabilityOf, roomName } from '../../../bench/probes/room-name.ts';
import { RoomStory } from '../../../bench/probes/room-story.ts';

describe('the longest pause', () => {
  test('is between two events, or an event and an end of the span', () => {
    expect(longestPause([0, 10, 20, 50, 60], 5, 65)).toBe(30);
    expect(longestPause([0, 10, 20], 15, 100)).toBe(80);
    expect(longestPause([90], 0, 100)).toBe(90);
  });

  test('is the whole span where nothing comes', () => {
    expect(longestPause([], 10, 40)).toBe(30);
    expect(longestPause([5, 50], 10, 40)).toBe(30);
  });
});

test('percentiles of a few values are values of theirs', () => {
  const values = [30, 10, 20, 40];
  expect([50, 99, 100].map((percent) => percentileOf(values, percent))).toEqual([20, 40, 40]);
  expect(percentileOf([], 50)).toBeNaN();
});

test('each of three nodes owns rooms of both kinds', () => {
  const kinds = [0, 1, 2].map((node) => new Set([node, node + 3].map(durabilityOf)));
  expect(kinds.map((kind) => kind.size)).toEqual([2, 2, 2]);
  expect([roomName(0), roomName(3)]).toEqual(['bench:probe-0', 'ledger:probe-3']);
});

describe('the story of a room', () => {
  const CRASH = 1000;

  /** Messages 1, 2, … at seq 1, 2, … of epoch 10, one per 100 ms, all done. */
  function told(count: number): RoomStory {
    const story = new RoomStory('bench:probe-0');
    story.stands(10, 0);
    for (let n = 1; n <= count; n++) {
      story.sent(n);
      story.saw(10, n, n, n * 100);
      story.ended(n, 'done');
    }
    return story;
  }

  test('is whole where nothing happens', () => {
    const quiet = { epochs: 1, done: 5, lost: 0, doubled: 0, disagreed: 0, takenBack: 0, open: 0, refused: 0 };
    expect(told(5).judge(CRASH)).toMatchObject(quiet);
  });

  test('loses what a new owner begins before', () => {
    const story = told(8);
    story.stands(20, 6);
    story.stands(20, 9);
    story.saw(20, 7, null, 1200);
    expect(story.judge(CRASH)).toMatchObject({ epochs: 2, lost: 2, vanished: 0, takenBack: 2, takenBackMs: 300 });
  });

  test('loses nothing that is sent again and done under the new owner', () => {
    const story = told(6);
    story.sent(7);
    story.saw(10, 7, 7, 700);
    story.stands(20, 6);
    story.saw(20, 7, 7, 1300);
    story.ended(7, 'done');
    expect(story.judge(CRASH)).toMatchObject({ done: 7, lost: 0, doubled: 0, takenBack: 0 });
  });

  test('sees a message that stands in two places', () => {
    const story = told(6);
    story.stands(20, 6);
    story.saw(20, 7, 3, 1300);
    expect(story.judge(CRASH)).toMatchObject({ doubled: 1, lost: 0 });
  });

  test('sees probes that disagree', () => {
    const story = told(6);
    story.saw(10, 6, 66, 600);
    expect(story.judge(CRASH).disagreed).toBe(1);
  });

  test('takes a done message that nobody saw for one behind the snapshot, as long as there is a place for it', () => {
    const story = told(6);
    for (const message of [7, 8]) {
      story.sent(message);
      story.ended(message, 'done');
    }
    story.stands(20, 7);
    story.saw(20, 8, null, 1200);
    expect(story.judge(CRASH)).toMatchObject({ lost: 1, vanished: 1 });
  });

  test('counts what is open or refused in the end', () => {
    const story = told(1);
    for (const message of [2, 3, 4]) story.sent(message);
    story.ended(4, 'refused');
    expect(story.judge(CRASH)).toMatchObject({ done: 1, open: 2, refused: 1, lost: 0 });
  });
});
