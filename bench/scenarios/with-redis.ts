import { startRedis } from '../host/redis.ts';
import { type RedisStats, RedisWatch } from '../host/redis-stats.ts';
import type { Sample } from '../host/sample.ts';
import type { BenchContext } from '../scenario.ts';
import { ROOMCAST, type ServerKind } from '../servers/launch.ts';
import type { Loaded } from '../swarm/swarm.ts';
import { type LoadPlan, type OneServer, withServer } from './one-server.ts';

export type Durability = 'none' | 'snapshot' | 'log';

/** A node with its rooms stored in Redis, by this durability. */
function stored(durability: Durability, url: string, env: Readonly<Record<string, string>> = {}): ServerKind {
  return {
    ...ROOMCAST,
    name: durability,
    env: { ...ROOMCAST.env, ...env, REDIS_URL: url, ROOMS_RELAY: `bench=${durability}` },
  };
}

export interface StoredLoad {
  readonly loaded: Loaded;
  readonly redis: RedisStats;
  readonly faults: readonly string[];
}

export interface StoredOptions {
  readonly durability: Durability;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

/**
 * One load on one node with a Redis of its own, both fresh. Redis shares the swarm's cores, so that the node has its
 * core for itself; what Redis used is told apart.
 */
export async function loadStored(
  { durability, warmUpMs, measureMs }: StoredOptions,
  plan: LoadPlan,
  context: BenchContext,
  onSample: (sample: Sample) => void,
  env: Readonly<Record<string, string>> = {},
): Promise<StoredLoad> {
  const redis = await startRedis(context.cores.swarm);
  const watch = new RedisWatch(redis);
  const look = (sample: Sample): void => {
    watch.onSample(sample);
    onSample(sample);
  };
  const task = async ({ swarm, faults }: OneServer): Promise<StoredLoad> => {
    await swarm.connect(plan.clients);
    const loaded = await swarm.load(warmUpMs, measureMs);
    return { loaded, redis: await watch.between(loaded.from, loaded.to), faults: faults() };
  };
  try {
    return await withServer(stored(durability, redis.url, env), plan, context, look, task);
  } finally {
    watch.stop();
    await redis.stop();
  }
}
