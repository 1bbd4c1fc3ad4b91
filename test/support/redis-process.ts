/** A redis-server process, as a Redis or as a Sentinel. It dies with `stop`, or with this process at the latest. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisProcess {
  readonly port: number;
  readonly pid: number;
  /** Stops its process, to the kernel still connected: a Redis that hangs. */
  pause(): void;
  resume(): void;
  /** Kills it as `kill -9` does, and removes its folder. */
  stop(): Promise<void>;
}

export interface ProcessOptions {
  /** Else a free one. */
  readonly port?: number;
  /** Its command line, once it has a port and a folder of its own. */
  readonly args: (port: number, dir: string) => readonly string[];
  /** What runs redis-server, with its arguments; else nothing does. */
  readonly through?: readonly string[];
  /** What it writes when it is there. */
  readonly ready: string;
}

const START_ATTEMPTS = 5;

export async function startProcess(options: ProcessOptions): Promise<RedisProcess> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await launch(port, options);
    } catch (error) {
      // Between our asking for a free port and its use another process may have taken it.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function launch(port: number, { args, ready, through = [] }: ProcessOptions): Promise<RedisProcess> {
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-redis-'));
  const [program = '', ...all] = [...through, 'redis-server', ...args(port, dir)];
  const child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.removeListener('exit', kill);
      rmSync(dir, { recursive: true, force: true });
      resolve();
    });
  });
  await said(child, ready);
  return {
    port,
    pid: child.pid ?? -1,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      kill();
      await gone;
    },
  };
}

function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const onOutput = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (output.includes(text)) resolve();
    };
    child.stdout?.on('data', onOutput);
    child.stderr?.on('data', onOutput);
    child.once('error', (cause) => reject(new Error('redis-server could not be started; is it installed?', { cause })));
    child.once('close', (code) => reject(new Error(`redis-server ended with ${code}:\n${output}`)));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
