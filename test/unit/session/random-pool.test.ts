import { expect, test } from 'vitest';
import { randomPool } from '../../../src/session/random-pool.ts';

test('no bytes are given out twice, and those given stay as they are', () => {
  const random = randomPool();
  const given = Array.from({ length: 1_000 }, () => random(16));
  expect(given.every((bytes) => bytes.length === 16)).toBe(true);
  expect(new Set(given.map((bytes) => Buffer.from(bytes).toString('hex'))).size).toBe(1_000);
});

test('what is left and too short is skipped', () => {
  const random = randomPool();
  random(4_090);
  expect(random(16)).toHaveLength(16);
  expect(() => random(4_097)).toThrow();
});
