/**
 * Targets in time. A neighbour on the machine can cost a row its time, though never an event: a row that kept all and was
 * late is struck once more, and must be in time then. Both are in the table.
 */
import { expect } from 'vitest';

/** What was measured in one strike, and the most that it may be. */
export type Times = readonly { readonly what: string; readonly ms: number | undefined; readonly atMost: number }[];

/** `strike` fails by itself where anything but time is wrong. */
export async function expectInTime(strike: () => Promise<Times>): Promise<void> {
  const first = late(await strike());
  if (first.length === 0) return;
  process.stdout.write(`late, and struck once more: ${first.join('; ')}\n`);
  expect(late(await strike())).toEqual([]);
}

function late(times: Times): string[] {
  return times.flatMap(({ what, ms, atMost }) =>
    ms !== undefined && ms <= atMost
      ? []
      : `${what}: ${ms === undefined ? 'nobody' : `${ms.toFixed(0)} ms`}, at most ${atMost}`,
  );
}
