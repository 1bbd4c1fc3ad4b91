/** One process of the cluster: Redis, nginx or a node. Its output goes to its log, over restarts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { identify, type ProcessIdentity } from './process-table.ts';

export interface PartPlan {
  /** Unique in the cluster; also the name of its log. */
  readonly name: string;
  readonly port: number;
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** See `ProcessIdentity`. */
  readonly mark: string;
  readonly logPath: string;
  /** Whether it does its work by now; asked again until it does. */
  readonly isReady: () => Promise<boolean>;
}

export class Part {
  readonly plan: PartPlan;
  #child: ChildProcess | null = null;
  #identity: ProcessIdentity | null = null;
  #ended = Promise.resolve('not started');
  #startedAt = 0;

  constructor(plan: PartPlan) {
    this.plan = plan;
  }

  /** The process started last. */
  get identity(): ProcessIdentity | null {
    return this.#identity;
  }

  get runs(): boolean {
    return this.#child !== null;
  }

  /** Since the process was started last. */
  get ranMs(): number {
    return performance.now() - this.#startedAt;
  }

  /** Settles with the reason, such as "exit code 1", when the process started last has ended. */
  get ended(): Promise<string> {
    return this.#ended;
  }

  /**
   * In a group of its own, so that Ctrl-C in a terminal reaches the supervisor alone, which then stops the parts in
   * order, and so that what a part leaves behind (nginx workers) can be ended with it.
   */
  start(): void {
    const log = openSync(this.plan.logPath, 'a');
    const child = spawn(this.plan.program, this.plan.args, {
      env: { ...this.plan.env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#startedAt = performance.now();
    this.#child = child;
    this.#identity = child.pid === undefined ? null : identify(child.pid, this.plan.mark);
    this.#ended = new Promise((resolve) => {
      const end = (reason: string): void => {
        this.#child = null;
        resolve(reason);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal === null ? `exit code ${code}` : `signal ${signal}`));
    });
  }
}
