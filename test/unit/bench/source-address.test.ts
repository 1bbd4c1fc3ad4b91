import { expect, test } from 'vitest';
import { sourceAddress } from '../../../bench/swarm/source-address.ts';

test('no source address has more clients than it has ports', () => {
  const clients = new Map<string, number>();
  for (let client = 0; client < 200_000; client++) {
    const address = sourceAddress(client);
    clients.set(address, (clients.get(address) ?? 0) + 1);
  }
  expect(Math.max(...clients.values())).toBeLessThan(28_000);
});

test('addresses are those of this machine', () => {
  expect(sourceAddress(0)).toBe('127.0.0.1');
  expect(sourceAddress(4_999)).toBe('127.0.0.1');
  expect(sourceAddress(5_000)).toBe('127.0.0.2');
  expect(sourceAddress(5_000 * 254)).toBe('127.0.1.1');
});
