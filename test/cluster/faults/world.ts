/**
 * The world that faults strike: three nodes, nginx and a Redis, all real processes. The Redis is the test's and not the
 * cluster's, so that nobody else starts it again; nodes that die come back after 3 s.
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
import type { Store } from './store.ts';

export interface WorldOptions<S extends Store> {
  readonly store: (guard: Guard) => Promise<S>;
  readonly env?: Readonly<Record<string, string>>;
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
/** NODE_TTL_MS by default, and a heartbeat: before that a node takes nobody for dead. */
const steadyAfterMs = 4_000;

export class World<S extends Store = Store> {
  readonly store: S;
  readonly #cluster: Cluster;
  readonly #guard: Guard;

  private constructor(store: S, cluster: Cluster, guard: Guard) {
    this.store = store;
    this.#cluster = cluster;
    this.#guard = guard;
  }

  static async start<S extends Store>(options: WorldOptions<S>): Promise<World<S>> {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-faults-'));
    const guard = new Guard();
    guard.cluster(dir);
    try {
      const store = await options.store(guard);
      const { host, port } = await store.address();
      const cluster = await startCluster({
        nodes: 3,
        port: 0,
        redisUrl: `redis://${host}:${port}`,
        restart: true,
        dir,
        keep: false,
        env: { ...settings, ...options.env },
        nodeEnv: (id) => store.nodeEnv(id),
      });
      return new World(store, cluster, guard);
    } catch (cause) {
      await guard.end();
      throw cause;
    }
  }

  /** Through nginx. */
  get url(): string {
    return this.#cluster.describe().url;
  }

  /** The folder of its local cluster. */
  get dir(): string {
    return this.#cluster.dir;
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

  async askRedis(command: string): Promise<string> {
    const { host, port } = await this.store.address();
    return askRedis(port, command, host);
  }

  /** A counter of `/metrics`, summed over the nodes; a node that was started again counts from 0. */
  async counter(name: string): Promise<number> {
    const pages = await Promise.all(
      this.nodes.map(async ({ port }) => (await fetch(`http://127.0.0.1:${port}/metrics`)).text()),
    );
    const values = pages.map((page) => new RegExp(`^roomcast_${name}\\S* (\\d+)`, 'm').exec(page)?.[1]);
    if (values.includes(undefined)) throw new Error(`no counter ${name}`);
    return values.reduce((sum, value) => sum + Number(value), 0);
  }

  /** The ids of the nodes that own the rooms of the crowd, by what the directory says now. */
  async owners(crowd: Crowd): Promise<ReadonlyMap<string, string>> {
    const names = crowd.rooms.map(({ name }) => name);
    const owners = await Promise.all(names.map((name) => this.askRedis(`HGET rc:{${name}} owner`)));
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

  /** All nodes have been up for so long that they take over what a dead one leaves. */
  async isSteady(): Promise<void> {
    await this.isWhole();
    for (const { id, port } of this.nodes) {
      await until(async () => (await uptimeMs(port)) > steadyAfterMs, { ...patience, what: `${id} to be steady` });
    }
  }

  async stop(): Promise<void> {
    await this.#cluster.stop();
    await this.#guard.end();
  }
}

/** One world for the tests of a file. */
export function useWorld<S extends Store>(options: WorldOptions<S>): () => World<S> {
  let world: World<S> | null = null;
  beforeAll(async () => {
    world = await World.start(options);
  });
  afterAll(async () => world?.stop());
  return () => {
    if (world === null) throw new Error('the world stands only while the tests run');
    return world;
  };
}

async function uptimeMs(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/api/cluster`);
  const { nodes } = (await response.json()) as { nodes: { self: boolean; uptimeMs: number }[] };
  return nodes.find(({ self }) => self)?.uptimeMs ?? 0;
}
