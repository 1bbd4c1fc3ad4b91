import { Redis } from 'ioredis';
import { processCpu } from './proc-stat.ts';
import type { RunningRedis } from './redis.ts';
import type { Sample } from './sample.ts';

/** What a Redis has done since it started. */
export interface RedisStats {
  /** Seconds of user and system time. */
  readonly cpu: number;
  /** Every command, those inside of scripts included, without the INFO that asks. */
  readonly commands: number;
  /** Calls of scripts: what nodes send for rooms. */
  readonly scripts: number;
  /** Seconds that Redis spent in them. */
  readonly scriptsCpu: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** From INFO: its sections Stats and Commandstats. */
export function parseRedisInfo(info: string): Omit<RedisStats, 'cpu'> {
  let [commands, scripts, scriptsUs] = [0, 0, 0];
  for (const [, name = '', calls, usec] of info.matchAll(/^cmdstat_([^:\s]+):calls=(\d+),usec=(\d+)/gm)) {
    if (name !== 'info') commands += Number(calls);
    if (name !== 'eval' && name !== 'evalsha') continue;
    scripts += Number(calls);
    scriptsUs += Number(usec);
  }
  return {
    commands,
    scripts,
    scriptsCpu: scriptsUs / 1e6,
    bytesIn: field(info, 'total_net_input_bytes'),
    bytesOut: field(info, 'total_net_output_bytes'),
  };
}

function field(info: string, name: string): number {
  const match = new RegExp(`^${name}:(\\d+)`, 'm').exec(info);
  if (match === null) throw new Error(`INFO of Redis has no ${name}`);
  return Number(match[1]);
}

/** Looks at a Redis whenever the swarm takes a sample, so that its figures are of the same window. */
export class RedisWatch {
  readonly #redis: RunningRedis;
  readonly #client: Redis;
  readonly #seen = new Map<number, Promise<RedisStats>>();

  constructor(redis: RunningRedis) {
    this.#redis = redis;
    this.#client = new Redis(redis.url);
  }

  readonly onSample = (sample: Sample): void => {
    const cpu = processCpu(this.#redis.pid);
    const stats = this.#client.info('everything').then((info) => ({ cpu, ...parseRedisInfo(info) }));
    // Who asks for it in `between` hears of a failure.
    stats.catch(() => {});
    this.#seen.set(sample.atMs, stats);
  };

  /** What it did between two samples of the swarm. */
  async between(from: Sample, to: Sample): Promise<RedisStats> {
    const [before, after] = await Promise.all([this.#seen.get(from.atMs), this.#seen.get(to.atMs)]);
    if (before === undefined || after === undefined) throw new Error('no look at Redis at the ends of the window');
    return {
      cpu: after.cpu - before.cpu,
      commands: after.commands - before.commands,
      scripts: after.scripts - before.scripts,
      scriptsCpu: after.scriptsCpu - before.scriptsCpu,
      bytesIn: after.bytesIn - before.bytesIn,
      bytesOut: after.bytesOut - before.bytesOut,
    };
  }

  stop(): void {
    this.#client.disconnect();
  }
}
