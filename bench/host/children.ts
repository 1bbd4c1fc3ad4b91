import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Processes that the bench has started and that must not outlive it. */
const running = new Set<ChildProcess>();

const KILL_AFTER_MS = 3000;

/** Starts a Node script, on the given cores where `taskset` is there to pin it. */
export function startNode(args: readonly string[], cores: readonly number[], options: SpawnOptions): ChildProcess {
  return startProgram([process.execPath, '--disable-warning=ExperimentalWarning', ...args], cores, options);
}

/** As `startNode`, for any program. */
export function startProgram(
  command: readonly string[],
  cores: readonly number[],
  options: SpawnOptions,
): ChildProcess {
  const [file = '', ...rest] = canPin() ? ['taskset', '-c', cores.join(','), ...command] : command;
  const child = spawn(file, rest, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** SIGTERM, and SIGKILL to one that does not go; resolves when it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (!running.has(child)) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  await gone;
  clearTimeout(force);
}

export async function stopAll(): Promise<void> {
  await Promise.all([...running].map(stop));
}

function canPin(): boolean {
  return process.platform === 'linux' && ['/usr/bin/taskset', '/bin/taskset'].some((path) => existsSync(path));
}

export interface Cores {
  readonly server: readonly number[];
  readonly swarm: readonly number[];
}

/** The server gets the first core, the swarm the rest; on a machine of one core, or unpinned, they share them all. */
export function splitCores(): Cores {
  const all = Array.from({ length: availableParallelism() }, (_, core) => core);
  if (all.length < 2 || !canPin()) return { server: all, swarm: all };
  return { server: [0], swarm: all.slice(1) };
}
