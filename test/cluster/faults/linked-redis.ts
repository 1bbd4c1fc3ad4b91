/** A Redis that each node reaches by a line of its own. */
import type { Guard } from '../../support/guard.ts';
import { KeptRedis } from './kept-redis.ts';
import type { Store } from './store.ts';
import { TcpLink } from './tcp-link.ts';

export class LinkedRedis implements Store {
  readonly #redis: KeptRedis;
  readonly #links: ReadonlyMap<string, TcpLink>;

  private constructor(redis: KeptRedis, links: ReadonlyMap<string, TcpLink>) {
    this.#redis = redis;
    this.#links = links;
  }

  static async start(guard: Guard, nodeIds: readonly string[]): Promise<LinkedRedis> {
    const redis = await KeptRedis.start(guard);
    const links = new Map<string, TcpLink>();
    for (const id of nodeIds) links.set(id, await TcpLink.open(redis.port));
    return new LinkedRedis(redis, links);
  }

  address(): ReturnType<Store['address']> {
    return this.#redis.address();
  }

  nodeEnv(nodeId: string): Readonly<Record<string, string>> {
    return { REDIS_URL: `redis://127.0.0.1:${this.link(nodeId).port}` };
  }

  link(nodeId: string): TcpLink {
    const link = this.#links.get(nodeId);
    if (link === undefined) throw new Error(`no line for ${nodeId}`);
    return link;
  }
}
