import { randomBytes } from 'node:crypto';
import { type RunningRedis, startRedis } from '../host/redis.ts';
import type { Dialect } from '../swarm/plan.ts';
import { launch, RAW_UWS, ROOMCAST, type RunningServer, type ServerKind } from './launch.ts';
import { type RunningNginx, startNginx } from './nginx.ts';

/** Which processes serve a load. */
export interface TopologyPlan {
  /** What tables call it. */
  readonly name: string;
  readonly dialect: Dialect;
  readonly nodes: number;
  /** Without it a single node keeps its rooms in memory. */
  readonly redis: boolean;
  /** Clients come through nginx, with the project's nginx.conf. */
  readonly nginx: boolean;
}

export type PartKind = 'node' | 'redis' | 'nginx';

export interface Topology {
  readonly nodes: readonly RunningServer[];
  /** Where clients connect: the nodes, or nginx. */
  readonly ports: readonly number[];
  /** Every process whose CPU counts. */
  readonly processes: readonly { readonly kind: PartKind; readonly pid: number }[];
  stop(): Promise<void>;
}

export const RAW_TOPOLOGY: TopologyPlan = {
  name: RAW_UWS.name,
  dialect: 'raw',
  nodes: 1,
  redis: false,
  nginx: false,
};

/** Nodes of one cluster that clients reach directly. */
export function clusterOf(nodes: number, name = nodes === 1 ? '1 node' : `${nodes} nodes`): TopologyPlan {
  return { name, dialect: 'roomcast', nodes, redis: true, nginx: false };
}

/** Starts all of it on these cores, or nothing. `env` goes to the nodes. */
export async function startTopology(
  plan: TopologyPlan,
  cores: readonly number[],
  env: Readonly<Record<string, string>> = {},
): Promise<Topology> {
  const nodes: RunningServer[] = [];
  let redis: RunningRedis | null = null;
  let nginx: RunningNginx | null = null;
  const stop = async (): Promise<void> => {
    // Nodes need Redis to leave in order.
    await Promise.all(nodes.map((node) => node.stop()));
    await Promise.all([nginx?.stop(), redis?.stop()]);
  };
  try {
    if (plan.redis) redis = await startRedis(cores);
    const shared = { ...env, ...clusterEnv(redis) };
    for (let number = 1; number <= plan.nodes; number++)
      nodes.push(await launch(nodeKind(plan, number, shared), cores));
    const nodePorts = nodes.map(({ port }) => port);
    if (plan.nginx) nginx = await startNginx(nodePorts, cores);
    const pids = {
      node: nodes.map(({ pid }) => pid),
      redis: redis === null ? [] : [redis.pid],
      nginx: nginx?.pids ?? [],
    };
    return {
      nodes,
      ports: nginx === null ? nodePorts : [nginx.port],
      processes: (['node', 'redis', 'nginx'] as const).flatMap((kind) => pids[kind].map((pid) => ({ kind, pid }))),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function clusterEnv(redis: RunningRedis | null): Record<string, string> {
  return redis === null ? {} : { REDIS_URL: redis.url, SESSION_SECRET: randomBytes(32).toString('hex') };
}

function nodeKind({ dialect }: TopologyPlan, number: number, env: Readonly<Record<string, string>>): ServerKind {
  if (dialect === 'raw') return RAW_UWS;
  const name = `node${number}`;
  // Clients are gone when a run stops its nodes, and their rooms need not move.
  return { ...ROOMCAST, name, env: { ...ROOMCAST.env, DRAIN_TIMEOUT_MS: '0', ...env, NODE_ID: name } };
}
