/**
 * Where a node keeps what it shares: its Redis, or memory when none is configured or none can be reached at the start.
 * In the last case the node serves alone, says so, and joins the cluster when Redis answers.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { NodeKey } from '../cluster/ports.ts';
import type { Config } from '../config/settings.ts';
import { openRedis, type RedisPlace, type RedisPorts } from '../redis/open-redis.ts';
import type { StorageStatus } from './node-view.ts';
import { lonePorts, type StorePorts } from './store-ports.ts';
import { switchingPorts } from './switching-ports.ts';

export interface Stores {
  readonly ports: StorePorts;
  status(): StorageStatus;
  /** Whether other nodes can be reached through the store. */
  isUp(): boolean;
  /** Runs `task` once when a Redis that was away at the start has been taken into use. */
  onRejoin(task: () => void): void;
  /** Runs `task` each time that the connection for commands has come up again. */
  onUp(task: () => void): void;
  close(): Promise<void>;
}

export async function openStores(config: Config, node: NodeKey, clock: Clock, log: Logger): Promise<Stores> {
  const place = redisPlace(config);
  if (place === null) {
    log.info({}, 'no REDIS_URL: rooms live in the memory of this node, which serves alone');
    return {
      ports: lonePorts(clock),
      status: () => ({ type: 'memory', ok: true, reason: null }),
      isUp: () => true,
      onRejoin: () => {},
      onUp: () => {},
      close: async () => {},
    };
  }
  let firstUp: (() => void) | null = null;
  let nextUp: (() => void) | null = null;
  const redis = openRedis(
    {
      ...place,
      prefix: config.redisKeyPrefix,
      node,
      connectTimeoutMs: config.redisConnectTimeoutMs,
      commandTimeoutMs: config.redisCommandTimeoutMs,
    },
    log,
    {
      onState: ({ status }) => {
        if (status === 'up') (firstUp ?? nextUp)?.();
      },
    },
  );
  const shared: Stores = {
    ...redisStores(redis),
    onUp: (task) => {
      nextUp = task;
    },
  };
  const state = await redis.started;
  if (state.status === 'up') return shared;

  const setting = config.redisMode === 'sentinel' ? 'the master behind REDIS_NODES' : 'REDIS_URL';
  log.error({ reason: state.reason }, `${setting} can't be reached: this node serves alone, in memory, until it can`);
  const switching = switchingPorts(lonePorts(clock));
  let switched = false;
  let rejoin: (() => void) | null = null;
  const becomeShared = (): void => {
    firstUp = null;
    switched = true;
    switching.switchTo(redis).then(
      () => {
        log.info({}, 'Redis answers: this node joins the cluster');
        rejoin?.();
      },
      (cause: unknown) => log.error({ err: cause }, 'the mailbox could not be opened; its connection tries on'),
    );
  };
  // It may have come up between the first attempt's outcome and now.
  if (redis.state.status === 'up') becomeShared();
  else firstUp = becomeShared;
  return {
    ...shared,
    ports: switching.ports,
    // Alone, nothing that matters can be unreachable; after the switch Redis' own state counts.
    isUp: () => !switched || shared.isUp(),
    onRejoin: (task) => {
      rejoin = task;
    },
  };
}

/** Null: the node was given no Redis. */
function redisPlace(config: Config): RedisPlace | null {
  if (config.redisMode === 'single') return config.redisUrl === null ? null : { url: config.redisUrl };
  const { redisNodes: nodes, redisSentinelName: name, redisUsername: username, redisPassword: password } = config;
  return { sentinels: { nodes, name, username, password, sentinelPassword: config.redisSentinelPassword } };
}

function redisStores(redis: RedisPorts): Omit<Stores, 'onUp'> {
  return {
    ports: redis,
    status: () => {
      const { status, reason } = redis.state;
      return status === 'up'
        ? { type: 'redis', ok: true, reason: null }
        : { type: 'redis', ok: false, reason: `Redis can't be reached: ${reason ?? status}` };
    },
    isUp: () => redis.state.status === 'up',
    onRejoin: () => {},
    close: () => redis.close(),
  };
}
