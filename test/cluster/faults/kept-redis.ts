/** A Redis set up as operators are told to (infra/redis/redis.conf), whose data outlives its process. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../../../infra/cluster/ports.ts';
import type { Guard } from '../../support/guard.ts';
import { type RedisProcess, startProcess } from '../../support/redis-process.ts';

const conf = fileURLToPath(new URL('../../../infra/redis/redis.conf', import.meta.url));

export class KeptRedis {
  readonly port: number;
  readonly #dir = mkdtempSync(join(tmpdir(), 'roomcast-faults-redis-'));
  readonly #guard: Guard;
  #process: RedisProcess | null = null;

  private constructor(port: number, guard: Guard) {
    this.port = port;
    this.#guard = guard;
  }

  static async start(guard: Guard): Promise<KeptRedis> {
    const [port = 0] = await freePorts(1);
    const redis = new KeptRedis(port, guard);
    guard.folder(redis.#dir);
    await redis.start();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** With the data that it had, on the port that it had. */
  async start(): Promise<void> {
    this.#process = await startProcess({
      port: this.port,
      args: (port) => [conf, '--port', String(port), '--dir', this.#dir],
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
