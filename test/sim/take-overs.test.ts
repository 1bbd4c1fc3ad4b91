/** The checker of take-overs is shown the violation, and what is nearest to it and allowed. */
import { expect, test } from 'vitest';
import type { Claim } from '../../src/cluster/ports.ts';
import { TakeOvers } from './check/take-overs.ts';

const TTL_MS = 3_000;
const OWNED: Claim = { kind: 'owned', epoch: 20, before: 10, isCopy: false, wasOwn: false, record: null };

test('[take-over] nobody is taken for dead within one time to live after the store is back', () => {
  const broken: string[] = [];
  const takeOvers = new TakeOvers(
    TTL_MS,
    (node) => node === 'n3:old',
    (rule) => void broken.push(rule),
  );
  const claim = (dead: string | null, nowMs: number, answer: Claim = OWNED): void =>
    takeOvers.claimed({ room: 'snap:1', self: 'n1:a', dead }, answer, nowMs);
  claim('n2:b', 500);
  takeOvers.storeIsBack(1_000);
  claim(null, 1_500);
  claim('n3:old', 1_500);
  claim('n2:b', 1_500, { kind: 'other', epoch: 10, owner: 'n2:b', attempt: 1 });
  claim('n2:b', 1_000 + TTL_MS);
  expect(broken).toEqual([]);
  claim('n2:b', 999 + TTL_MS);
  expect(broken).toEqual(['take-over']);
});
