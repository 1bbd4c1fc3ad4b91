import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startNode, stop } from '../host/children.ts';
import type { CannonPlan, CannonResult } from './plan.ts';

/** The bench's side of the process that makes HTTP requests (autocannon), from its start on. */
export class Cannon {
  readonly #child: ChildProcess;
  readonly #result: Promise<CannonResult>;

  constructor(plan: CannonPlan, cores: readonly number[]) {
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    const child = startNode([script, JSON.stringify(plan)], cores, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child = child;
    this.#result = new Promise((resolve, reject) => {
      child.once('message', (result: CannonResult) => resolve(result));
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`the HTTP load ended with ${code} before its work was done`)));
    });
    // Who asks for the result hears of a failure.
    this.#result.catch(() => {});
  }

  result(): Promise<CannonResult> {
    return this.#result;
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}
