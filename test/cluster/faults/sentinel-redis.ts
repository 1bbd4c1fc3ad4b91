/** A master, two replicas and three sentinels, which the nodes are told to follow. */
import type { Guard } from '../../support/guard.ts';
import { type SentinelCluster, startSentinels } from '../../support/redis-sentinels.ts';
import { until } from '../../support/until.ts';
import type { Store } from './store.ts';

const patience = { timeoutMs: 30_000 };

export class SentinelRedis implements Store {
  readonly #sentinels: SentinelCluster;

  private constructor(sentinels: SentinelCluster) {
    this.#sentinels = sentinels;
  }

  static async start(guard: Guard): Promise<SentinelRedis> {
    const sentinels = await startSentinels({ replicas: 2, sentinels: 3, conf: { appendonly: 'yes' } });
    for (const { pid } of [...sentinels.servers, ...sentinels.sentinels]) guard.process(pid, 'redis-server');
    return new SentinelRedis(sentinels);
  }

  async address(): ReturnType<Store['address']> {
    const { port } = await until(() => this.#sentinels.master(), patience);
    return { host: '127.0.0.1', port };
  }

  nodeEnv(): Readonly<Record<string, string | undefined>> {
    const { nodes, name } = this.#sentinels;
    return { REDIS_URL: undefined, REDIS_MODE: 'sentinel', REDIS_NODES: nodes, REDIS_SENTINEL_NAME: name };
  }

  /** The master dies; resolves when the sentinels agree on another. */
  async killMaster(): Promise<void> {
    const before = await this.#sentinels.master();
    await before.stop();
    await until(async () => (await this.#sentinels.master()) !== before, patience);
  }

  /** A replica becomes the master while the old one still takes writes, which are lost then. */
  async failOver(): Promise<void> {
    await this.#sentinels.failover();
  }
}
