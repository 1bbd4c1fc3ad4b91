import type { RedisStats } from '../host/redis-stats.ts';
import { median } from '../report/median.ts';
import type { FanoutRun } from './fanout-run.ts';
import { countedOf } from './validity.ts';
import type { Durability } from './with-redis.ts';

export interface SnapshotsLoad {
  readonly rooms: number;
  /** Keys that change in each room, all of them at least once per second. */
  readonly keys: number;
}

/** A load of changes on a node with Redis; `server` is the durability. */
export interface SnapshotsRun extends FanoutRun, SnapshotsLoad {
  /** What the node asked of Redis: calls of scripts per second. */
  readonly callsPerSecond: number;
  /** Those and what they do inside. */
  readonly commandsPerSecond: number;
  readonly bytesInPerSecond: number;
  readonly usPerCall: number;
  readonly redisShare: number;
}

export function snapshotsRun(run: FanoutRun, redis: RedisStats, load: SnapshotsLoad): SnapshotsRun {
  const { seconds } = run.span;
  return {
    ...run,
    ...load,
    callsPerSecond: redis.scripts / seconds,
    commandsPerSecond: redis.commands / seconds,
    bytesInPerSecond: redis.bytesIn / seconds,
    usPerCall: (redis.scriptsCpu * 1e6) / Math.max(1, redis.scripts),
    redisShare: redis.cpu / seconds,
  };
}

const FIGURES = [
  'callsPerSecond',
  'commandsPerSecond',
  'bytesInPerSecond',
  'usPerCall',
  'redisShare',
  'serverShare',
  'swarmShare',
  'p50Ms',
  'p99Ms',
] as const;

export type SnapshotsFigures = Readonly<Record<(typeof FIGURES)[number], number>>;

export interface SnapshotsMedians extends SnapshotsFigures, SnapshotsLoad {
  readonly durability: Durability;
  /** Runs that the medians are of: the valid ones, or all where none was valid. */
  readonly runs: number;
  readonly valid: boolean;
}

export function snapshotsMedians(
  durability: Durability,
  load: SnapshotsLoad,
  runs: readonly SnapshotsRun[],
): SnapshotsMedians {
  const own = runs.filter((run) => run.server === durability);
  const { counted, valid } = countedOf(own);
  const figures = FIGURES.map((name) => [name, median(counted.map((run) => run[name]))]);
  const of = Object.fromEntries(figures) as SnapshotsFigures;
  return { durability, runs: counted.length, valid, ...load, ...of };
}

/** What snapshots cost on top of the same node and load without them, which has its heartbeat to write as well. */
export interface SnapshotCost {
  /** Per room and second in which something of it changed. */
  readonly callsPerRoomSecond: number;
  readonly commandsPerRoomSecond: number;
  readonly bytesPerRoomSecond: number;
  /** Per key that is written: its field, its member's, and its share of the rest. */
  readonly bytesPerKey: number;
  readonly p99Ratio: number;
}

export function snapshotCost(none: SnapshotsMedians, snapshot: SnapshotsMedians): SnapshotCost {
  const per = (figure: 'callsPerSecond' | 'commandsPerSecond' | 'bytesInPerSecond', count: number) =>
    Math.max(0, snapshot[figure] - none[figure]) / count;
  const callsPerRoomSecond = per('callsPerSecond', snapshot.rooms);
  const bytesPerRoomSecond = per('bytesInPerSecond', snapshot.rooms);
  return {
    callsPerRoomSecond,
    commandsPerRoomSecond: per('commandsPerSecond', snapshot.rooms),
    bytesPerRoomSecond,
    bytesPerKey: bytesPerRoomSecond / callsPerRoomSecond / snapshot.keys,
    p99Ratio: snapshot.p99Ms / none.p99Ms,
  };
}
