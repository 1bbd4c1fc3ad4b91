import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClusterFiles } from '../../infra/cluster/files.ts';
import { writeNginxFiles } from '../../infra/cluster/nginx-files.ts';
import { freePorts } from '../../infra/cluster/ports.ts';
import { findProgram } from '../../infra/cluster/programs.ts';
import { readyz } from '../../infra/cluster/ready.ts';
import { must } from '../../src/base/assert.ts';
import { startProgram, stop } from '../host/children.ts';

const CONF = fileURLToPath(new URL('../../nginx.conf', import.meta.url));
const READY_WITHIN_MS = 10_000;
const LOOK_AGAIN_MS = 50;
const LOG_LINES_KEPT = 10;

export interface RunningNginx {
  /** The master and its workers. */
  readonly pids: readonly number[];
  readonly port: number;
  stop(): Promise<void>;
}

/** nginx in front of nodes, with the project's nginx.conf, in a folder that goes with it. */
export async function startNginx(nodePorts: readonly number[], cores: readonly number[]): Promise<RunningNginx> {
  const program = findProgram('nginx');
  if (program === null) throw new Error('nginx could not be started; is it installed?');
  const [port = 0] = await freePorts(1);
  const files = new ClusterFiles(mkdtempSync(join(tmpdir(), 'roomcast-bench-nginx-')));
  files.prepare();
  const args = writeNginxFiles(files, CONF, port, nodePorts);
  const child = startProgram([program, ...args], cores, { stdio: ['ignore', 'ignore', 'pipe'] });
  const log: string[] = [];
  createInterface({ input: must(child.stderr, 'pipe') }).on('line', (line) => {
    if (log.push(line) > LOG_LINES_KEPT) log.shift();
  });
  const gone = new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, signal) => {
      rmSync(files.dir, { recursive: true, force: true });
      resolve(signal ?? `code ${code}`);
    });
  });
  const ended = gone.then((why) => {
    throw new Error(`nginx ended with ${why}\n${log.join('\n')}`);
  });
  try {
    await Promise.race([ready(port), ended]);
  } catch (error) {
    await stop(child);
    throw error;
  }
  ended.catch(() => {});
  const pid = must(child.pid, 'pid');
  return { pids: [pid, ...childrenOf(pid)], port, stop: () => stop(child) };
}

async function ready(port: number): Promise<void> {
  const deadlineMs = performance.now() + READY_WITHIN_MS;
  while (!(await readyz(port))) {
    if (performance.now() > deadlineMs) throw new Error(`nginx was not ready within ${READY_WITHIN_MS / 1000} s`);
    await pause(LOOK_AGAIN_MS);
  }
}

function childrenOf(pid: number): number[] {
  const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return list.split(' ').filter(Boolean).map(Number);
}
