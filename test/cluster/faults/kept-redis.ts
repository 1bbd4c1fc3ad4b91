/** A Redis set up as operators are told to (infra/redis/redis.conf), whose data outlives its process. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../infra/cluster/ports.ts';
import type { Guard } from '../../support/guard.ts';
import { type RedisProcess, startProcess } from '../../support/redis-process.ts';
import type { Store } from './store.ts';

const conf = fileURLToPath(new URL('../../../infra/redis/redis.conf', import.meta.url));

export interface KeptOptions {
  /** What runs redis-server; else nothing does. */
  readonly through?: readonly string[];
  readonly args?: readonly string[];
}

export class KeptRedis implements Store {
  readonly port: number;
  readonly #dir = mkdtempSync(join(tmpdir(), 'roomcast-faults-redis-'));
  readonly #guard: Guard;
  readonly #options: KeptOptions;
  #process: RedisProcess | null = null;

  private constructor(port: number, guard: Guard, options: KeptOptions) {
    this.port = port;
    this.#guard = guard;
    this.#options = options;
  }

  static async start(guard: Guard, options: KeptOptions = {}): Promise<KeptRedis> {
    const [port = 0] = await freePorts(1);
    const redis = new KeptRedis(port, guard, options);
    guard.folder(redis.#dir);
    await redis.start();
    return redis;
  }

  address(): ReturnType<Store['address']> {
    return Promise.resolve({ host: '127.0.0.1', port: this.port });
  }

  nodeEnv(): Readonly<Record<string, string>> {
    return {};
  }

  /** With the data that it had, on the port that it had. */
  async start(): Promise<void> {
    const { through = [], args = [] } = this.#options;
    this.#process = await startProcess({
      port: this.port,
      args: (port) => [conf, '--port', String(port), '--dir', this.#dir, ...args],
      through,
      ready: 'Ready to accept connections',
    });
    this.#guard.process(this.#process.pid, 'redis-server');
  }

  /** As `kill -9` does. */
  async kill(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  /** Only while it is down. */
  forget(): void {
    rmSync(this.#dir, { recursive: true });
    mkdirSync(this.#dir);
  }
}
