/** `npm run cluster` and its sisters, as processes of their own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import type { ClusterFile, ProcessesFile } from '../../infra/cluster/files.ts';
import type { ProcessIdentity } from '../../infra/cluster/process-table.ts';
import { until } from '../support/until.ts';

export const program = (name: string): string =>
  fileURLToPath(new URL(`../../infra/cluster/${name}.ts`, import.meta.url));
/** Longer than the 3 s until a part starts again, and than a node takes to come up on a busy machine. */
export const WAIT = { timeoutMs: 30_000 };

/** One `npm run cluster`, as a process of its own. */
export class Command {
  readonly dir: string;
  output = '';
  code: number | null | undefined;
  readonly #child: ChildProcess;

  constructor(dir: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    this.dir = dir;
    // vitest sets NODE_ENV for its own process; a user's shell has none.
    const { NODE_ENV: _, ...shell } = process.env;
    const command = [program('main'), '--dir', dir, ...args];
    this.#child = spawn(process.execPath, command, { env: { ...shell, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes) => {
        this.output += String(bytes);
      });
    }
    this.#child.once('close', (code) => {
      this.code = code;
    });
  }

  get file(): ClusterFile {
    return JSON.parse(readFileSync(join(this.dir, 'cluster.json'), 'utf8')) as ClusterFile;
  }

  get processes(): readonly ProcessIdentity[] {
    return (JSON.parse(readFileSync(join(this.dir, 'processes.json'), 'utf8')) as ProcessesFile).parts;
  }

  async ready(): Promise<this> {
    await until(() => this.output.includes('Roomcast runs at') || this.code !== undefined, WAIT);
    expect(this.code, this.output).toBeUndefined();
    return this;
  }

  async ended(): Promise<number | null | undefined> {
    await until(() => this.code !== undefined, WAIT);
    return this.code;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

export const stop = (dir: string): string =>
  execFileSync(process.execPath, [program('stop'), '--dir', dir], { encoding: 'utf8', stdio: 'pipe' });
