import type { RedisStats } from '../host/redis-stats.ts';
import type { FanoutRun } from './fanout-run.ts';

/** A run of `fanout` on a node with Redis; `server` is the durability. */
export interface LogRun extends FanoutRun {
  /** Of the node's and Redis' CPU time together. */
  readonly eventsPerBothCpuSecond: number;
  /** Redis' CPU time ÷ wall time. */
  readonly redisShare: number;
  readonly redisCommandsPerSecond: number;
  readonly redisBytesInPerSecond: number;
}

export function logRun(run: FanoutRun, redis: RedisStats): LogRun {
  const { seconds, events, serverCpu } = run.span;
  return {
    ...run,
    eventsPerBothCpuSecond: events / (serverCpu + redis.cpu),
    redisShare: redis.cpu / seconds,
    redisCommandsPerSecond: redis.commands / seconds,
    redisBytesInPerSecond: redis.bytesIn / seconds,
  };
}
