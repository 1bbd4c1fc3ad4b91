/** Many seeds, each a run of its own, over all cores; what they exercised together must cover every mechanism that heals. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXERCISED, SEEDS_AT_LEAST } from './exercised.ts';
import { SeedPool } from './pool/seed-pool.ts';
import type { RunResult } from './run.ts';
import { addTally } from './tally.ts';

const SEEDS = Number(process.env.SIM_SEEDS ?? SEEDS_AT_LEAST);
const TESTS = 20;

const sum: Record<string, number> = {};
let pool: SeedPool;

beforeAll(() => {
  pool = new SeedPool();
});

afterAll(() => pool.end());

async function hold(from: number, count: number): Promise<void> {
  const broken: string[] = [];
  await pool.run(from, count, ({ seed, violation, tally }: RunResult) => {
    addTally(sum, tally);
    if (violation) broken.push(`seed ${seed} breaks [${violation.rule}] at ${violation.atMs} ms: ${violation.text}`);
  });
  expect(broken, 'replay: npm run sim -- --seed N --trace').toEqual([]);
}

describe('the rules hold under faults', () => {
  const each = Math.ceil(SEEDS / TESTS);
  for (let from = 1; from <= SEEDS; from += each) {
    const count = Math.min(each, SEEDS - from + 1);
    test(`seeds ${from} to ${from + count - 1}`, () => hold(from, count));
  }

  test.each(EXERCISED)('%s was exercised', (name) => {
    expect(sum[name] ?? 0).toBeGreaterThan(0);
  });
});
