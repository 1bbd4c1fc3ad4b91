import { expect, test } from 'vitest';
import { whyNotHeld } from '../../../bench/scenarios/capacity.ts';
import { runOf } from './topology-fixture.ts';

test('servers hold a load that they deliver in time, whole and soon', () => {
  const ROOM = 50;
  const swift: [number, number][] = [[2000, 100]];
  expect(whyNotHeld(runOf({ latencyUs: swift }), ROOM, 1)).toBeNull();
  expect(whyNotHeld(runOf({ events: 40_000, due: 50_000, latencyUs: swift }), ROOM, 1)).toMatch(/lost/);
  expect(whyNotHeld(runOf({ events: 40_000, latencyUs: swift }), ROOM, 1)).toBe('80 % delivered in time');
  expect(whyNotHeld(runOf({ latencyUs: [[400_000, 100]] }), ROOM, 1)).toMatch(/^p99 4\d\d ms$/);
  expect(whyNotHeld(runOf({ swarmCpu: 9.8, latencyUs: swift }), ROOM, 1)).toBe('the swarm had no more');
  expect(whyNotHeld(runOf({ swarmCpu: 9.8, latencyUs: swift }), ROOM, 3)).toBeNull();
});
