/** Two hundred seeds, each a run of its own; what they exercised together must cover every mechanism that heals. */
import { describe, expect, test } from 'vitest';
import { EXERCISED, SEEDS_AT_LEAST } from './exercised.ts';
import { run } from './run.ts';
import { addTally } from './tally.ts';

const PER_TEST = 25;

const sum: Record<string, number> = {};

async function holds(seed: number): Promise<void> {
  const { violation, tally } = await run(seed);
  addTally(sum, tally);
  if (!violation) return;
  const replay = `npm run sim -- --seed ${seed} --trace`;
  expect.fail(`seed ${seed} breaks [${violation.rule}] at ${violation.atMs} ms: ${violation.text}\nreplay: ${replay}`);
}

describe('the rules hold under faults', () => {
  for (let from = 1; from <= SEEDS_AT_LEAST; from += PER_TEST) {
    test(`seeds ${from} to ${from + PER_TEST - 1}`, async () => {
      for (let seed = from; seed < from + PER_TEST; seed++) await holds(seed);
    });
  }

  test.each(EXERCISED)('%s was exercised', (name) => {
    expect(sum[name] ?? 0).toBeGreaterThan(0);
  });
});
