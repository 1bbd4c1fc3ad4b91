import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { must } from '../../src/base/assert.ts';
import { startNode, stop } from '../host/children.ts';
import type { Dialect } from '../swarm/plan.ts';
import { openVitals } from './vitals-channel.ts';

/** A server to be measured: a Node script that logs a JSON line with `"msg":"ready"` and its `port`. */
export interface ServerKind {
  readonly name: string;
  readonly dialect: Dialect;
  readonly script: string;
  readonly env: Readonly<Record<string, string>>;
}

export const RAW_UWS: ServerKind = {
  name: 'raw uWS',
  dialect: 'raw',
  script: fileURLToPath(new URL('./raw-uws.ts', import.meta.url)),
  env: {},
};

/** Roomcast in memory, with the limits that a load would hit out of the way. */
export const ROOMCAST: ServerKind = {
  name: 'Roomcast',
  dialect: 'roomcast',
  script: 'src/main.ts',
  env: {
    NODE_ENV: 'development',
    ROOMS_OPEN: 'true',
    COMMANDS_PER_SEC: '100000',
    BYTES_PER_SEC: '100000000',
    JOINS_PER_SEC: '100000',
    CONNECTIONS_MAX: '100000',
    LOG_LEVEL: 'info',
  },
};

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** The last lines that it wrote, growing while it runs: what to show when its clients fail. */
  readonly log: readonly string[];
  stop(): Promise<void>;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_WITHIN_MS = 20_000;
const LOG_LINES_KEPT = 20;

export async function launch(kind: ServerKind, cores: readonly number[]): Promise<RunningServer> {
  const leash = fileURLToPath(new URL('./leash.ts', import.meta.url));
  const child = startNode(['--expose-gc', '--import', leash, kind.script], cores, {
    cwd: ROOT,
    env: { ...inherited(), ...kind.env, HOST: '127.0.0.1', PORT: '0' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  try {
    const port = await readyPort(kind, child, log);
    return { pid: must(child.pid, 'pid'), port, log, stop: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** PATH and the like, but nothing that would set up a server in another way than the bench says. */
function inherited(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'TMPDIR'];
  return Object.fromEntries(Object.entries(process.env).flatMap(([k, v]) => (kept.includes(k) && v ? [[k, v]] : [])));
}

function readyPort(kind: ServerKind, child: ChildProcess, log: string[]): Promise<number> {
  const vitals = openVitals(child);
  return new Promise((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${kind.name} ${why}\n${log.join('\n')}`));
    const late = setTimeout(fail, READY_WITHIN_MS, `was not ready within ${READY_WITHIN_MS / 1000} s`);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => {
      clearTimeout(late);
      fail(`ended with ${signal ?? `code ${code}`}`);
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: must(stream, 'pipe') }).on('line', (line) => {
        if (vitals.took(line)) return;
        log.push(line);
        if (log.length > LOG_LINES_KEPT) log.shift();
        const port = portOf(line);
        if (port === null) return;
        clearTimeout(late);
        resolve(port);
      });
    }
  });
}

function portOf(line: string): number | null {
  if (!line.includes('"ready"')) return null;
  try {
    const entry = JSON.parse(line) as { msg?: unknown; port?: unknown };
    return entry.msg === 'ready' && typeof entry.port === 'number' ? entry.port : null;
  } catch {
    return null;
  }
}
