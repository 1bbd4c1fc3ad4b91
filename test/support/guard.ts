/**
 * Ends what a test started, when the test's own process can not: killed by Ctrl-C, by a time limit, by the test
 * runner. A process of its own waits for its standard input to close and then cleans up (guard-process.ts); whatever is
 * gone by then is left alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { identify, type ProcessIdentity } from '../../infra/cluster/process-table.ts';

/** One line of the guard's input. */
export type Guarded =
  | { readonly kind: 'cluster'; readonly dir: string }
  | { readonly kind: 'process'; readonly identity: ProcessIdentity }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'command'; readonly program: string; readonly args: readonly string[] };

const program = fileURLToPath(new URL('./guard-process.ts', import.meta.url));

export class Guard {
  readonly #process: ChildProcess;

  constructor() {
    // In a group of its own: a terminal's Ctrl-C does not reach it.
    this.#process = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    this.#process.unref();
  }

  /** A folder of `startCluster`: its processes and its files. */
  cluster(dir: string): void {
    this.#tell({ kind: 'cluster', dir });
  }

  /** `mark` as in `ProcessIdentity`. */
  process(pid: number, mark: string): void {
    this.#tell({ kind: 'process', identity: identify(pid, mark) });
  }

  folder(path: string): void {
    this.#tell({ kind: 'folder', path });
  }

  /** To be run at the end; that it fails is no fault. */
  command(program: string, args: readonly string[]): void {
    this.#tell({ kind: 'command', program, args });
  }

  /** Ends all that is left, and the guard. */
  async end(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.stdin?.end();
    await ended;
  }

  #tell(guarded: Guarded): void {
    this.#process.stdin?.write(`${JSON.stringify(guarded)}\n`);
  }
}
