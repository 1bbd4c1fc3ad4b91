import { expect, test } from 'vitest';
import { membersOf, roomOf } from '../../../bench/swarm/place.ts';

test('rooms fill up one after the other, and the last may be smaller', () => {
  const plan = { clients: 7, room: 3 };
  expect([0, 2, 3, 6].map((client) => roomOf(plan, client))).toEqual([0, 0, 1, 2]);
  expect([0, 1, 2].map((room) => membersOf(plan, room))).toEqual([3, 3, 1]);
});

test('residents get a room each, and the others go to these rooms in turn', () => {
  const plan = { clients: 8, room: 3, residents: 3 };
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((client) => roomOf(plan, client))).toEqual([0, 1, 2, 0, 1, 2, 0, 1]);
  expect([0, 1, 2].map((room) => membersOf(plan, room))).toEqual([3, 3, 2]);
});

test('clients of no room are in none', () => {
  expect(roomOf({ clients: 2, room: 0 }, 1)).toBeNull();
});
