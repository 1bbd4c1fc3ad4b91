/**
 * A process of the pool: runs the seeds that it is told, one after another, and says how each went. It ends when its
 * parent is gone, however that went.
 */
import { type RunResult, run } from '../run.ts';
import type { Order } from './seed-process.ts';

process.on('message', (order: Order) => void serve(order));
// A terminal's Ctrl-C reaches the parent as well, which ends this process.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));

async function serve({ from, count, faults }: Order): Promise<void> {
  for (let seed = from; seed < from + count; seed++) {
    process.send?.(await run(seed, { faults }).catch((error: unknown) => thrown(seed, error)));
  }
}

/** What the simulator itself could not go on with. */
function thrown(seed: number, error: unknown): RunResult {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { seed, violation: { rule: 'thrown', text, atMs: 0 }, traceHash: '', tally: {}, virtualMs: 0 };
}
