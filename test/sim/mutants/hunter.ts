/** Hunts planted bugs, each in a process of its own, several at a time. */
import { fileURLToPath } from 'node:url';
import { FAULTS } from '../faults/faults.ts';
import { SeedProcess } from '../pool/seed-process.ts';
import type { RunResult } from '../run.ts';
import type { Mutant } from './mutants.ts';

export interface Outcome {
  readonly mutant: Mutant;
  /** Of the first seed that breaks a rule with the bug and none without it; null: no seed does. */
  readonly found: RunResult | null;
  readonly seconds: number;
}

export interface HuntOptions {
  /** The seeds 1 to this. */
  readonly seeds: number;
  readonly jobs: number;
  readonly onSeed?: (mutant: Mutant, seed: number) => void;
  readonly onOutcome?: (outcome: Outcome) => void;
}

const plant = fileURLToPath(new URL('./plant.ts', import.meta.url));

export class Hunter {
  /** Seeds that break a rule without any bug: they tell nothing of mutants. */
  readonly brokenSeeds = new Set<number>();
  readonly #options: HuntOptions;
  readonly #processes = new Set<SeedProcess>();
  /** Results of the source as it is. */
  readonly #plain = new Map<number, Promise<RunResult>>();
  #sound: SeedProcess | null = null;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: HuntOptions) {
    this.#options = options;
  }

  /** In the order of `mutants`. */
  async hunt(mutants: readonly Mutant[]): Promise<readonly Outcome[]> {
    const { jobs, onOutcome } = this.#options;
    const left = [...mutants.entries()];
    const outcomes: Outcome[] = [];
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next; next = left.shift()) {
        const [i, mutant] = next;
        const outcome = await this.#huntOne(mutant);
        outcomes[i] = outcome;
        onOutcome?.(outcome);
      }
    };
    try {
      await Promise.all(Array.from({ length: jobs }, work));
    } finally {
      this.stop();
    }
    return outcomes;
  }

  stop(): void {
    for (const process of this.#processes) process.end();
    this.#processes.clear();
    this.#sound = null;
  }

  async #huntOne(mutant: Mutant): Promise<Outcome> {
    const startedAt = performance.now();
    const process = this.#start(['--import', plant], { MUTANT: mutant.name });
    let found: RunResult | null = null;
    for (let seed = 1; seed <= this.#options.seeds && found === null; seed++) {
      this.#options.onSeed?.(mutant, seed);
      const result = await runOne(process, seed);
      if (result.violation === null) continue;
      if ((await this.#soundly(seed)).violation === null) found = result;
      else this.brokenSeeds.add(seed);
    }
    process.end();
    this.#processes.delete(process);
    return { mutant, found, seconds: (performance.now() - startedAt) / 1000 };
  }

  /** The same seed without any bug: what it breaks then is no find. */
  #soundly(seed: number): Promise<RunResult> {
    const known = this.#plain.get(seed);
    if (known) return known;
    this.#sound ??= this.#start();
    const process = this.#sound;
    const result = this.#last.then(() => runOne(process, seed));
    this.#last = result;
    this.#plain.set(seed, result);
    return result;
  }

  #start(flags?: readonly string[], env?: NodeJS.ProcessEnv): SeedProcess {
    const process = new SeedProcess(flags, env);
    this.#processes.add(process);
    return process;
  }
}

async function runOne(process: SeedProcess, seed: number): Promise<RunResult> {
  const results: RunResult[] = [];
  await process.run({ from: seed, count: 1, faults: FAULTS }, (result) => void results.push(result));
  const [result] = results;
  if (!result) throw new Error(`seed ${seed} has no result`);
  return result;
}
