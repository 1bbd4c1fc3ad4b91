/**
 * Where a node keeps what it shares: its Redis, or memory when none is configured or none can be reached at the start.
 * In the last case the node serves alone, says so, and joins the cluster when Redis answers.
 */
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { NodeKey } from '../cluster/ports.ts';
import type { Config } from '../config/settings.ts';
import { openRedis, type RedisPlace, type RedisPorts } from '../redis/open-redis.ts';
import type { ConnectionStatus, StorageStatus } from './storage-status.ts';
import { lonePorts, type Standing, type StorePorts, waitingPorts } from './store-ports.ts';
import { switchingPorts } from './switching-ports.ts';

/** What is told of Redis itself. */
export type RedisSight = Pick<RedisPorts, 'vitals' | 'callTimes' | 'status'>;

export interface Stores {
  readonly ports: StorePorts;
  status(): StorageStatus;
  /** The Redis that is meant to be there; null where none is. */
  readonly redis: RedisSight | null;
  /** Whether other nodes can be reached through the store. */
  isUp(): boolean;
  standing(): Standing;
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
    return memoryStores(clock);
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
    ports: redis,
    status: () => redisStatus(redis, 'redis'),
    redis,
    isUp: () => redis.state.status === 'up',
    standing: () => 'shared',
    onRejoin: () => {},
    onUp: (task) => {
      nextUp = task;
    },
    close: () => redis.close(),
  };
  const state = await redis.started;
  if (state.status === 'up') return shared;

  const setting = config.redisMode === 'sentinel' ? 'the master behind REDIS_NODES' : 'REDIS_URL';
  log.error({ reason: state.reason }, `${setting} can't be reached: this node serves alone, in memory, until it can`);
  const switching = switchingPorts(waitingPorts(clock));
  let type: StorageStatus['type'] = 'memory';
  let standing: Standing = 'cut-off';
  let rejoin: (() => void) | null = null;
  const becomeShared = (): void => {
    firstUp = null;
    type = 'redis';
    switching.switchTo(redis).then(
      () => {
        log.info({}, 'Redis answers: this node joins the cluster');
        standing = 'shared';
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
    status: () => redisStatus(redis, type),
    // Alone, nothing that matters can be unreachable; after the switch Redis' own state counts.
    isUp: () => type === 'memory' || shared.isUp(),
    standing: () => standing,
    onRejoin: (task) => {
      rejoin = task;
    },
  };
}

function memoryStores(clock: Clock): Stores {
  const openedAt = clock.now();
  const status = (): StorageStatus => {
    const up = { state: 'up', reason: null, sinceMs: Math.round(clock.now() - openedAt) } as const;
    return { type: 'memory', configured: 'memory', ...up, subscription: up, refused: null };
  };
  return {
    ports: lonePorts(clock),
    status,
    redis: null,
    isUp: () => true,
    standing: () => 'alone',
    onRejoin: () => {},
    onUp: () => {},
    close: async () => {},
  };
}

function redisStatus(redis: RedisPorts, type: StorageStatus['type']): StorageStatus {
  const { commands, mailbox, refused } = redis.status();
  const shown = ({ status, reason, sinceMs }: typeof commands): ConnectionStatus => ({
    state: status,
    reason,
    sinceMs,
  });
  return { type, configured: 'redis', ...shown(commands), subscription: shown(mailbox), refused };
}

/** Null: the node was given no Redis. */
function redisPlace(config: Config): RedisPlace | null {
  if (config.redisMode === 'single') return config.redisUrl === null ? null : { url: config.redisUrl };
  const { redisNodes: nodes, redisSentinelName: name, redisUsername: username, redisPassword: password } = config;
  return { sentinels: { nodes, name, username, password, sentinelPassword: config.redisSentinelPassword } };
}
