import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startNode, stop } from '../host/children.ts';
import type { Sample } from '../host/sample.ts';
import type { SwarmOrder, SwarmPlan, SwarmReport, WindowPlan } from './plan.ts';

export type Loaded = Extract<SwarmReport, { is: 'loaded' }>;
export type Window = Extract<SwarmReport, { is: 'window' }>;

/** The bench's side of a swarm: orders go out, the answers come back as promises. A swarm that dies rejects them. */
export class Swarm {
  readonly faults: string[] = [];
  readonly #child: ChildProcess;
  #settle: { resolve: (report: SwarmReport) => void; reject: (error: Error) => void } | null = null;

  constructor(plan: SwarmPlan, onSample: (sample: Sample) => void) {
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    this.#child = startNode([script, JSON.stringify(plan)], plan.swarmCores, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (report: SwarmReport) => {
      if (report.is === 'sample') onSample(report.sample);
      else if (report.is === 'fault') this.faults.push(report.text);
      else this.#settle?.resolve(report);
    });
    this.#child.once('exit', () => this.#settle?.reject(new Error('the swarm ended before its work was done')));
  }

  async connect(upTo: number): Promise<void> {
    await this.#ask({ do: 'connect', upTo });
    if (this.faults.length > 0) throw new Error(`clients could not join:\n  ${this.faults.join('\n  ')}`);
  }

  async load(warmUpMs: number, measureMs: number): Promise<Loaded> {
    return (await this.#ask({ do: 'load', warmUpMs, measureMs })) as Loaded;
  }

  /** The clients that are left connect, `rate` per second. The window ends with the time of the last one. */
  async storm(rate: number): Promise<Loaded> {
    return (await this.#ask({ do: 'storm', rate })) as Loaded;
  }

  /** Load without an end; resolves when it is warm. */
  async begin(warmUpMs: number): Promise<void> {
    await this.#ask({ do: 'begin', warmUpMs });
  }

  async window(plan: WindowPlan): Promise<Window> {
    return (await this.#ask({ do: 'window', ...plan })) as Window;
  }

  async end(): Promise<Sample> {
    return ((await this.#ask({ do: 'end' })) as Extract<SwarmReport, { is: 'ended' }>).end;
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }

  #ask(order: SwarmOrder): Promise<SwarmReport> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#child.send(order);
    });
  }
}
