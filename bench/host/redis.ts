import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../infra/cluster/ports.ts';
import { must } from '../../src/base/assert.ts';
import { startProgram, stop } from './children.ts';

const CONF = fileURLToPath(new URL('../../infra/redis/redis.conf', import.meta.url));
const READY_WITHIN_MS = 10_000;

export interface RunningRedis {
  readonly pid: number;
  readonly url: string;
  stop(): Promise<void>;
}

/** A Redis as clusters run it (append-only file and all), on a free port, in a folder that goes with it. */
export async function startRedis(cores: readonly number[]): Promise<RunningRedis> {
  const [port = 0] = await freePorts(1);
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-bench-redis-'));
  const child = startProgram(['redis-server', CONF, '--port', String(port), '--dir', dir], cores, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  try {
    await ready(child);
  } catch (error) {
    await stop(child);
    throw error;
  }
  return { pid: must(child.pid, 'pid'), url: `redis://127.0.0.1:${port}`, stop: () => stop(child) };
}

function ready(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('redis-server was not ready in time')), READY_WITHIN_MS);
    child.once('error', (cause) => reject(new Error('redis-server could not be started; is it installed?', { cause })));
    child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)));
    createInterface({ input: must(child.stdout, 'pipe') }).on('line', (line) => {
      if (!line.includes('Ready to accept connections')) return;
      clearTimeout(late);
      resolve();
    });
  });
}
