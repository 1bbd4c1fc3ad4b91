import { expect, test } from 'vitest';
import { CLOSE, ERROR_CODES } from '../../../src/protocol/codes.ts';
import { isRoomName, ROOM_NAME_BYTES_MAX, roomType } from '../../../src/protocol/limits.ts';

test.each(['a', '0', 'demo:1', 'Arena.eu-west_1:7', 'a:b:c', 'x'.repeat(ROOM_NAME_BYTES_MAX)])(
  'a room name: %s',
  (name) => {
    expect(isRoomName(name)).toBe(true);
  },
);

test.each(['', ':a', '-a', '.a', 'a b', 'a/b', 'é', 'a\n', '\na', 'x'.repeat(ROOM_NAME_BYTES_MAX + 1)])(
  'no room name: %j',
  (name) => {
    expect(isRoomName(name)).toBe(false);
  },
);

test("a room's type is what stands before the first colon", () => {
  expect([roomType('demo:1'), roomType('demo:1:2'), roomType('lobby')]).toEqual(['demo', 'demo', 'lobby']);
});

test('close codes from 4500 on mean: do not connect again', () => {
  const again = (name: keyof typeof CLOSE) => CLOSE[name] < 4500;
  expect((Object.keys(CLOSE) as (keyof typeof CLOSE)[]).filter(again)).toEqual([
    'goingAway',
    'tooSlow',
    'helloTimeout',
  ]);
});

test('the text of an error code is short enough for any frame', () => {
  for (const { text } of Object.values(ERROR_CODES)) expect(text.length).toBeLessThanOrEqual(120);
});
