import { expect, test } from 'vitest';
import { defineRoom, type RoomDefinition } from '../../../src/room/definition.ts';

test('a definition that can not be served as it says is refused, with all problems at once', () => {
  const wrong = { type: 'a room', membersMax: 0, ticksPerSec: 20, onPartition: 'never' } as unknown as RoomDefinition;
  const problems = /type must be .*membersMax must be .*onPartition must be available or strict.*onTick is missing/;
  expect(() => defineRoom(wrong)).toThrow(problems);
});

test('a definition that can be served comes back as it is', () => {
  const right: RoomDefinition = { type: 'arena', onPartition: 'strict' };
  expect(defineRoom(right)).toBe(right);
});
