/** One mutant after another in processes of their own, two at a time or as many as are asked for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HuntWord } from './hunt.ts';
import type { Mutant } from './mutants.ts';

export interface Outcome {
  readonly mutant: Mutant;
  /** null: no seed showed it. */
  readonly found: { readonly seed: number; readonly rule: string; readonly text: string } | null;
  readonly seconds: number;
}

export interface HuntOptions {
  readonly seeds: number;
  readonly jobs: number;
  readonly onOutcome: (outcome: Outcome) => void;
}

/** A seed takes a tenth of a second; one that takes this long goes round in circles, which is a finding as well. */
const SEED_TIMEOUT_MS = 120_000;

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

export class Hunter {
  readonly #options: HuntOptions;
  readonly #children = new Set<ChildProcess>();

  constructor(options: HuntOptions) {
    this.#options = options;
    process.once('exit', () => this.stop());
  }

  async hunt(mutants: readonly Mutant[]): Promise<readonly Outcome[]> {
    const left = [...mutants];
    const outcomes: Outcome[] = [];
    const work = async (): Promise<void> => {
      for (let mutant = left.shift(); mutant; mutant = left.shift()) {
        const outcome = await this.#huntOne(mutant);
        outcomes.push(outcome);
        this.#options.onOutcome(outcome);
      }
    };
    await Promise.all(Array.from({ length: this.#options.jobs }, work));
    return mutants.flatMap((mutant) => outcomes.find((outcome) => outcome.mutant === mutant) ?? []);
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #huntOne(mutant: Mutant): Promise<Outcome> {
    const startedAt = performance.now();
    const child = spawn(
      process.execPath,
      ['--import', file('plant.ts'), file('hunt.ts'), '1', `${this.#options.seeds}`],
      {
        env: { ...process.env, MUTANT: mutant.name },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.#children.add(child);
    const found = await listen(child);
    this.#children.delete(child);
    return { mutant, found, seconds: (performance.now() - startedAt) / 1000 };
  }
}

async function listen(child: ChildProcess): Promise<Outcome['found']> {
  let seed = 1;
  let found: Outcome['found'] = null;
  let errors = '';
  let isStuck = false;
  const arm = (): NodeJS.Timeout =>
    setTimeout(() => {
      isStuck = true;
      child.kill('SIGKILL');
    }, SEED_TIMEOUT_MS);
  let timer = arm();
  child.stderr?.on('data', (text) => {
    errors = (errors + text).slice(-2_000);
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const word = JSON.parse(line) as HuntWord;
      clearTimeout(timer);
      timer = arm();
      if (word.kind === 'done') seed = word.seed + 1;
      else found = word;
    }
  }
  const code = await ended;
  clearTimeout(timer);
  if (found || code === 0) return found;
  if (isStuck) return { seed, rule: 'stuck', text: `the seed did not end within ${SEED_TIMEOUT_MS / 1000} s` };
  if (/no mutant|not exactly once/.test(errors)) throw new Error(errors);
  return { seed, rule: 'thrown', text: errors.trim().split('\n').at(-1) ?? `ended with ${code}` };
}
