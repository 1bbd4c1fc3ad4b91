import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startNode, stop } from '../host/children.ts';
import type { Sample } from '../host/sample.ts';
import { type Vitals, worstVitals } from '../servers/vitals.ts';
import { vitalsChannels } from '../servers/vitals-channel.ts';
import type { SwarmOrder, SwarmPlan, SwarmReport, WindowPlan } from './plan.ts';

/** Vitals: of the measured window; of several servers the worst; absent where none told. */
export type Loaded = Extract<SwarmReport, { is: 'loaded' }> & { readonly vitals?: Vitals };
export type Window = Extract<SwarmReport, { is: 'window' }> & { readonly vitals?: Vitals };

/** The bench's side of a swarm: orders go out, the answers come back as promises. A swarm that dies rejects them. */
export class Swarm {
  readonly faults: string[] = [];
  readonly #child: ChildProcess;
  readonly #serverPids: readonly number[];
  #vitals: Promise<readonly (Vitals | null)[]> = Promise.resolve([]);
  #settle: { resolve: (report: SwarmReport) => void; reject: (error: Error) => void } | null = null;

  constructor(plan: SwarmPlan, onSample: (sample: Sample) => void) {
    this.#serverPids = plan.serverPids;
    const script = fileURLToPath(new URL('./main.ts', import.meta.url));
    this.#child = startNode([script, JSON.stringify(plan)], plan.swarmCores, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (report: SwarmReport) => {
      if (report.is === 'sample') onSample(report.sample);
      else if (report.is === 'fault') this.faults.push(report.text);
      else if (report.is === 'edge') this.#edge(report.edge);
      else this.#settle?.resolve(report);
    });
    this.#child.once('exit', () => this.#settle?.reject(new Error('the swarm ended before its work was done')));
  }

  async connect(upTo: number): Promise<void> {
    await this.#ask({ do: 'connect', upTo });
    if (this.faults.length > 0) throw new Error(`clients could not join:\n  ${this.faults.join('\n  ')}`);
  }

  async load(warmUpMs: number, measureMs: number): Promise<Loaded> {
    return this.#withVitals((await this.#ask({ do: 'load', warmUpMs, measureMs })) as Loaded);
  }

  /** The clients that are left connect, `rate` per second. The window ends with the time of the last one. */
  async storm(rate: number): Promise<Loaded> {
    return this.#withVitals((await this.#ask({ do: 'storm', rate })) as Loaded);
  }

  /** Load without an end; resolves when it is warm. */
  async begin(warmUpMs: number): Promise<void> {
    await this.#ask({ do: 'begin', warmUpMs });
  }

  async window(plan: WindowPlan): Promise<Window> {
    return this.#withVitals((await this.#ask({ do: 'window', ...plan })) as Window);
  }

  async end(): Promise<Sample> {
    return ((await this.#ask({ do: 'end' })) as Extract<SwarmReport, { is: 'ended' }>).end;
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }

  #edge(edge: 'begin' | 'end'): void {
    const channels = vitalsChannels(this.#serverPids);
    if (edge === 'begin') for (const channel of channels) channel.begin();
    else this.#vitals = Promise.all(channels.map((channel) => channel.end()));
  }

  async #withVitals<T extends Loaded | Window>(report: T): Promise<T> {
    const told = (await this.#vitals).filter((vitals) => vitals !== null);
    const vitals = worstVitals(told);
    return vitals === null ? report : { ...report, vitals };
  }

  #ask(order: SwarmOrder): Promise<SwarmReport> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#child.send(order);
    });
  }
}
