import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startNode, stop } from '../host/children.ts';
import type { ProbesAnswer, ProbesOrder, ProbesPlan, ProbesReport } from './plan.ts';

/** The bench's side of the probes. A process that dies rejects what it was asked for. */
export class Probes {
  readonly #child: ChildProcess;
  #settle: { resolve: (answer: ProbesAnswer) => void; reject: (error: Error) => void } | null = null;

  constructor(plan: ProbesPlan, cores: readonly number[]) {
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    this.#child = startNode([script, JSON.stringify(plan)], cores, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    this.#child.on('message', (answer: ProbesAnswer) => this.#settle?.resolve(answer));
    this.#child.once('exit', () => this.#settle?.reject(new Error('the probes ended before their work was done')));
  }

  async join(): Promise<void> {
    await this.#ask({ do: 'join' });
  }

  async send(): Promise<void> {
    await this.#ask({ do: 'send' });
  }

  async end(crashedAtMs: number): Promise<ProbesReport> {
    const answer = await this.#ask({ do: 'end', crashedAtMs });
    if (answer.is !== 'report') throw new Error(`the probes answered ${answer.is}`);
    return answer.report;
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }

  #ask(order: ProbesOrder): Promise<ProbesAnswer> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#child.send(order);
    });
  }
}
