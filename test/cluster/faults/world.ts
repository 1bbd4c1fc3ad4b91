/**
 * The world that faults strike: three nodes, nginx and a Redis with its data on disk, all real processes. The Redis is
 * ours and not the cluster's, so that nobody but the test starts it again; nodes that die come back after 3 s.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Cluster, startCluster } from '../../../infra/cluster/start-cluster.ts';
import { Guard } from '../../support/guard.ts';
import { until } from '../../support/until.ts';
import { askRedis } from '../redis-line.ts';
import type { Crowd } from './crowd.ts';
import { KeptRedis } from './kept-redis.ts';

export interface WorldOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Between each node and Redis; default: nothing. */
  readonly redisUrlOf?: (nodeId: string, redisPort: number) => string;
}

interface WorldNode {
  readonly id: string;
  readonly pid: number;
  readonly port: number;
}

/** The defaults of a node, said here since verdicts count with them. */
export const snapshotLatestMs = 1_000;

const settings = {
  PATH: process.env.PATH,
  NODE_ENV: 'development',
  ROOMS_RELAY: 'demo=snapshot,ledger=log',
  ROOMS_OPEN: 'false',
  LOG_LEVEL: 'warn',
  SNAPSHOT_LATEST_MS: String(snapshotLatestMs),
};
const patience = { timeoutMs: 30_000 };

export class World {
  readonly redis: KeptRedis;
  readonly #cluster: Cluster;
  readonly #guard: Guard;

  private constructor(redis: KeptRedis, cluster: Cluster, guard: Guard) {
    this.redis = redis;
    this.#cluster = cluster;
    this.#guard = guard;
  }

  static async start({ env = {}, redisUrlOf }: WorldOptions): Promise<World> {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-faults-'));
    const guard = new Guard();
    guard.cluster(dir);
    try {
      const redis = await KeptRedis.start(guard);
      const cluster = await startCluster({
        nodes: 3,
        port: 0,
        redisUrl: redis.url,
        restart: true,
        dir,
        keep: false,
        env: { ...settings, ...env },
        ...(redisUrlOf === undefined ? {} : { nodeEnv: (id) => ({ REDIS_URL: redisUrlOf(id, redis.port) }) }),
      });
      return new World(redis, cluster, guard);
    } catch (cause) {
      await guard.end();
      throw cause;
    }
  }

  /** Through nginx. */
  get url(): string {
    return this.#cluster.describe().url;
  }

  get nginxPid(): number {
    return this.#cluster.describe().nginx.pid;
  }

  get nodes(): readonly WorldNode[] {
    return this.#cluster.describe().nodes;
  }

  /** As it is now: after a restart it has another pid. */
  node(id: string): WorldNode {
    const node = this.nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** The ids of the nodes that own the rooms of the crowd, by what the directory says now. */
  async owners(crowd: Crowd): Promise<ReadonlyMap<string, string>> {
    const names = crowd.rooms.map(({ name }) => name);
    const owners = await Promise.all(names.map((name) => askRedis(this.redis.port, `HGET rc:{${name}} owner`)));
    return new Map(names.map((name, i) => [name, owners[i]?.split(':')[0] ?? '']));
  }

  /** The node that owns most rooms. */
  async busiestOwner(crowd: Crowd): Promise<WorldNode> {
    const owners = [...(await this.owners(crowd)).values()];
    const count = (id: string) => owners.filter((owner) => owner === id).length;
    const [first] = [...this.nodes].sort((a, b) => count(b.id) - count(a.id));
    if (first === undefined || count(first.id) === 0) throw new Error('no room has an owner');
    return first;
  }

  /** All nodes serve. A node that died needs 3 s until it is started again. */
  async isWhole(): Promise<void> {
    await until(() => this.nodes.every(({ pid }) => pid > 0), patience);
    for (const { id, port } of this.nodes) {
      await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, {
        ...patience,
        what: `${id} to be ready`,
      });
    }
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
    await this.#guard.end();
  }
}

/** One world for the tests of a file. */
export function useWorld(options: WorldOptions = {}): () => World {
  let world: World | null = null;
  beforeAll(async () => {
    world = await World.start(options);
  });
  afterAll(async () => world?.stop());
  return () => {
    if (world === null) throw new Error('the world stands only while the tests run');
    return world;
  };
}
