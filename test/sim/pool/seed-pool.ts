/** Seeds over several processes, each of which stays for many, since a fresh one takes some thirty seeds to become fast. */
import { availableParallelism } from 'node:os';
import { FAULTS, type Fault } from '../faults/faults.ts';
import type { RunResult } from '../run.ts';
import { SeedProcess } from './seed-process.ts';

/** Handed out at once, at most: little enough that no process waits long for the others at the end. */
const CHUNK_MAX = 10;

export class SeedPool {
  readonly #processes: readonly SeedProcess[];

  constructor(jobs = availableParallelism()) {
    this.#processes = Array.from({ length: jobs }, () => new SeedProcess());
  }

  /** Hands over each result as it comes, in no order. Resolves when all are there. */
  async run(
    from: number,
    count: number,
    onResult: (result: RunResult) => void,
    faults: readonly Fault[] = FAULTS,
  ): Promise<void> {
    const end = from + count;
    const chunk = Math.min(CHUNK_MAX, Math.ceil(count / this.#processes.length));
    let next = from;
    await Promise.all(
      this.#processes.map(async (process) => {
        while (next < end) {
          const first = next;
          next = Math.min(end, first + chunk);
          await process.run({ from: first, count: next - first, faults }, onResult);
        }
      }),
    );
  }

  end(): void {
    for (const process of this.#processes) process.end();
  }
}
