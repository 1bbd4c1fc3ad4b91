import { expect, test } from 'vitest';
import { microCases } from '../../../bench/micro/cases.ts';
import { HotRoom } from '../../../bench/micro/hot-room.ts';
import { microMedians, microTable } from '../../../bench/scenarios/micro-table.ts';

test('what a hot room is told goes out as one frame per turn', () => {
  const room = new HotRoom(5, 40);
  const { frames, bytes } = room;
  for (let i = 0; i < 12; i++) room.command();
  expect(room.frames).toBe(frames);
  room.flush();
  expect(room.frames).toBe(frames + 1);
  expect(room.bytes - bytes).toBeGreaterThan(12 * 40);
  room.flush();
  expect(room.frames).toBe(frames + 1);
});

test('every command of a hot room is accepted, turn after turn', () => {
  const room = new HotRoom(3, 40);
  const { bytes } = room;
  for (let i = 0; i < 300; i++) {
    room.command();
    room.flush();
  }
  // A refused command would have no event, and from then on none of its member would.
  expect(room.bytes - bytes).toBeGreaterThan(300 * 40);
});

test('cases run for any number of operations and are named once each', () => {
  const cases = microCases();
  for (const one of cases) one.run(37);
  expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
});

test('bytes of an operation are split over its deliveries', () => {
  const result = { name: 'x', nsPerOp: [3, 1, 2], heapBytesPerOp: [10, 20, 30], bufferBytesPerOp: [50, 50, 50] };
  const medians = microMedians({ name: 'x', about: 'y', deliveries: 10 }, result);
  expect(medians).toMatchObject({ nsPerOp: 2, nsSpread: [1, 3], heapBytesPerOp: 20 });
  expect(microTable([medians]).split('\n')[2]).toMatch(/2\.00 +5\.00$/);
});
