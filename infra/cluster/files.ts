/**
 * The folder of a local cluster.
 *
 *   cluster.json     what runs where, for users; there exactly while the cluster is ready
 *   processes.json   every process started, from its first moment, so that `cluster:stop` finds them whatever happened
 *   logs/ redis/ nginx/
 *
 * Only a folder that is new, empty or ours (it has the marker) is taken, since stopping removes what is in it.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import type { ProcessIdentity } from './process-table.ts';

export interface ClusterFile {
  readonly url: string;
  readonly nginx: { readonly pid: number; readonly port: number };
  /** pid is null for a Redis that was not started here. */
  readonly redis: { readonly pid: number | null; readonly port: number };
  readonly nodes: readonly { readonly id: string; readonly pid: number; readonly port: number }[];
}

export interface ProcessesFile {
  readonly supervisor: ProcessIdentity;
  readonly keep: boolean;
  /** Whether a part that ends is started again. */
  readonly restart: boolean;
  readonly parts: readonly ProcessIdentity[];
}

const MARKER = '.roomcast-cluster';

export class ClusterFiles {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = resolve(dir);
  }

  /** Makes the folder; throws when it holds what is not ours. */
  prepare(): void {
    if (existsSync(this.dir) && !this.#isOurs() && readdirSync(this.dir).length > 0) {
      throw new Error(`${this.dir} holds files that are not a cluster's: give an empty or new folder with --dir`);
    }
    for (const part of ['logs', 'redis', 'nginx/roomcast']) mkdirSync(join(this.dir, part), { recursive: true });
    writeFileSync(join(this.dir, MARKER), 'Made by `npm run cluster`, which removes what is in here when it stops.\n');
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  log(part: string): string {
    return this.path('logs', `${part}.log`);
  }

  writeCluster(content: ClusterFile): void {
    this.#write('cluster.json', content);
  }

  /** null: the cluster is not ready. */
  readCluster(): ClusterFile | null {
    return this.#read('cluster.json') as ClusterFile | null;
  }

  readProcesses(): ProcessesFile | null {
    return this.#read('processes.json') as ProcessesFile | null;
  }

  /** The first processes.json; throws when another start was faster. */
  claim(content: ProcessesFile): void {
    try {
      writeFileSync(this.path('processes.json'), JSON.stringify(content), { flag: 'wx' });
    } catch (cause) {
      throw new Error(`another cluster is starting in ${this.dir}`, { cause });
    }
  }

  writeProcesses(content: ProcessesFile): void {
    this.#write('processes.json', content);
  }

  /** Removes what the cluster made; with `keep` all but its data and logs. Others' files in the folder stay. */
  remove(keep: boolean): void {
    if (!this.#isOurs()) return;
    const made = ['cluster.json', 'processes.json', 'nginx', ...(keep ? [] : ['logs', 'redis', MARKER])];
    for (const name of made) rmSync(this.path(name), { recursive: true, force: true });
    if (readdirSync(this.dir).length === 0) rmdirSync(this.dir);
  }

  #isOurs(): boolean {
    return existsSync(join(this.dir, MARKER));
  }

  #read(name: string): unknown {
    try {
      return JSON.parse(readFileSync(this.path(name), 'utf8'));
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
      throw new Error(`${this.path(name)} can't be read`, { cause });
    }
  }

  /** Whole or not at all: readers never see half a file. */
  #write(name: string, content: object): void {
    const path = this.path(name);
    writeFileSync(`${path}.new`, `${JSON.stringify(content, null, 2)}\n`);
    renameSync(`${path}.new`, path);
  }
}
