/**
 * A real redis-server for a test: on a free port, in a folder of its own, without persistence unless `conf` says so.
 * It dies with `stop`, or with this process at the latest.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  readonly pid: number;
  /** Stops its process, to the kernel still connected: a Redis that hangs. */
  pause(): void;
  resume(): void;
  /** Kills it as `kill -9` does, and removes its folder. */
  stop(): Promise<void>;
}

export interface StartRedisOptions {
  /** Lines for redis.conf, as `{ requirepass: 'secret' }`. */
  readonly conf?: Readonly<Record<string, string>>;
  /** The port of one that was stopped, for a restart; else a free one. */
  readonly port?: number;
}

const START_ATTEMPTS = 5;

export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort());
    try {
      return await spawnRedis(port, options.conf ?? {});
    } catch (error) {
      // Between our asking for a free port and its use another process may have taken it.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function spawnRedis(port: number, conf: Readonly<Record<string, string>>): Promise<RedisServer> {
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-redis-'));
  const settings = { port: String(port), bind: '127.0.0.1', dir, save: '', appendonly: 'no', ...conf };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]);
  const child = spawn('redis-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill);
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => {
      process.removeListener('exit', kill);
      rmSync(dir, { recursive: true, force: true });
      resolve();
    });
  });
  await ready(child);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pid: child.pid ?? -1,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    async stop() {
      kill();
      await gone;
    },
  };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = '';
    const onOutput = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-4_000);
      if (output.includes('Ready to accept connections')) resolve();
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
