/** One process that runs seeds, on the source as it is or with a bug planted as it is loaded. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Fault } from '../faults/faults.ts';
import type { RunResult } from '../run.ts';

/** What the process is told. */
export interface Order {
  readonly from: number;
  readonly count: number;
  readonly faults: readonly Fault[];
}

const program = fileURLToPath(new URL('./seed-worker.ts', import.meta.url));

// Every core has a run of its own, so compiling and collecting on other threads gain nothing, and what a run allocates mostly dies
// with it: rare and whole scavenges take a sixth off the CPU time of a seed (measured). `npm run sim` has the same.
const FLAGS = ['--single-threaded', '--min-semi-space-size=64', '--max-semi-space-size=64'];

/** Seeds take a tenth of a second; one that takes this long goes round in circles. */
const SEED_TIMEOUT_MS = 120_000;

export class SeedProcess {
  readonly #child: ChildProcess;

  /** `flags` and `env`: more of Node's options, more of its environment. */
  constructor(flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.#child = fork(program, {
      execArgv: [...FLAGS, ...flags],
      env: { ...process.env, ...env },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Hands each result over as it comes. Resolves when all are there, rejects when the process ends before. */
  run(order: Order, onResult: (result: RunResult) => void): Promise<void> {
    const child = this.#child;
    let left = order.count;
    return new Promise((resolve, reject) => {
      const arm = (): NodeJS.Timeout => setTimeout(onTimeout, SEED_TIMEOUT_MS);
      const onTimeout = (): void => {
        end();
        this.end();
        const seed = order.from + order.count - left;
        onResult({ seed, violation: stuck(), traceHash: '', tally: {}, virtualMs: 0 });
        resolve();
      };
      const onMessage = (result: RunResult): void => {
        clearTimeout(timer);
        timer = arm();
        onResult(result);
        if (--left > 0) return;
        end();
        resolve();
      };
      const onExit = (code: number | null, signal: string | null): void => {
        end();
        reject(new Error(`a process that runs seeds ended by itself: ${signal ?? code}`));
      };
      const end = (): void => {
        clearTimeout(timer);
        child.off('message', onMessage);
        child.off('exit', onExit);
      };
      let timer = arm();
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(order);
    });
  }

  /** Also in the middle of a run. */
  end(): void {
    this.#child.kill('SIGKILL');
  }
}

function stuck(): NonNullable<RunResult['violation']> {
  return { rule: 'stuck', text: `the seed did not end within ${SEED_TIMEOUT_MS / 1000} s`, atMs: 0 };
}
