/** One node as its own process, started as an operator starts it: no nginx, and no Redis that a test did not start. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { freePorts } from '../../infra/cluster/ports.ts';
import { until } from '../support/until.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Far more than a node takes to come up or down on a busy machine. */
const wait = { timeoutMs: 30_000 };

export interface Readiness {
  readonly status: number;
  readonly body: unknown;
}

export class LoneNode {
  readonly port: number;
  /** All that it wrote, to stdout and to stderr. */
  output = '';
  #code: number | null | undefined;
  readonly #process: ChildProcess;

  /** The settings are `env` and a free port; nothing of the test runner's environment but PATH. */
  constructor(port: number, env: Readonly<Record<string, string>>) {
    this.port = port;
    this.#process = spawn(process.execPath, [main], {
      env: { PATH: process.env.PATH, PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.#process.once('close', (code) => {
      this.#code = code;
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  /** Its log so far. */
  get lines(): readonly Record<string, unknown>[] {
    const whole = this.output.split('\n').slice(0, -1);
    return whole.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async serves(): Promise<this> {
    const isUp = async () => {
      if (this.#code !== undefined) return true;
      const response = await fetch(`http://127.0.0.1:${this.port}/healthz`);
      await response.arrayBuffer();
      return response.ok;
    };
    await until(isUp, { ...wait, what: 'the node to serve' });
    if (this.#code !== undefined) throw new Error(`the node ended with ${this.#code}:\n${this.output}`);
    return this;
  }

  async readyz(): Promise<Readiness> {
    const response = await fetch(`http://127.0.0.1:${this.port}/readyz`);
    return { status: response.status, body: await response.json() };
  }

  async ended(): Promise<number | null> {
    await until(() => this.#code !== undefined, { ...wait, what: 'the node to end' });
    return this.#code ?? null;
  }

  async stop(): Promise<void> {
    if (this.#code === undefined) this.#process.kill('SIGKILL');
    await this.ended();
  }
}

/** Starts nodes, and ends them after each test. */
export function useLoneNodes(): (env: Readonly<Record<string, string>>) => Promise<LoneNode> {
  const nodes: LoneNode[] = [];
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });
  return async (env) => {
    const [port = 0] = await freePorts(1);
    const node = new LoneNode(port, env);
    nodes.push(node);
    return node;
  };
}
