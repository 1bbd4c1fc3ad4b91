/**
 * Looks every 5 s at what an operator wants to hear of before players do, and logs each change once: a warning when it
 * begins, a line when it is over. That a connection to Redis was given up is logged by `openRedis` itself.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { RelayLag } from '../cluster/relay-lag.ts';
import type { RedisVitals } from '../redis/vitals.ts';

const LOOK_EVERY_MS = 5_000;
const MEMORY_HIGH = 0.8;
/** Below this share it is over: one that stays at the limit is told of once. */
const MEMORY_WELL = 0.75;
/** Without evictions for this long they are over. */
const EVICTIONS_OVER_MS = 60_000;

export class Watch {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #lag: Pick<RelayLag, 'isSlow' | 'lastMs'>;
  readonly #redis: { read(): Promise<RedisVitals> } | null;
  #timer: Timer | null = null;
  #isSlow = false;
  #isFull = false;
  #evicted: number | null = null;
  /** When keys were seen to go last; null while that is over. */
  #evictingAt: number | null = null;

  /** `redis`: null where none is meant to be. */
  constructor(
    clock: Clock,
    log: Logger,
    lag: Pick<RelayLag, 'isSlow' | 'lastMs'>,
    redis: { read(): Promise<RedisVitals> } | null,
  ) {
    this.#clock = clock;
    this.#log = log;
    this.#lag = lag;
    this.#redis = redis;
  }

  start(): void {
    // Neither rejects: reading the vitals never does.
    this.#timer = this.#clock.every(LOOK_EVERY_MS, () => void this.#look());
    void this.#look();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  async #look(): Promise<void> {
    this.#judgeLag();
    if (this.#redis === null) return;
    const vitals = await this.#redis.read();
    if (this.#timer === null) return;
    this.#judgeMemory(vitals);
    this.#judgeEvictions(vitals);
  }

  #judgeLag(): void {
    const { isSlow, lastMs } = this.#lag;
    if (isSlow === this.#isSlow) return;
    this.#isSlow = isSlow;
    const lagMs = Math.round(lastMs);
    if (isSlow) this.#log.warn({ lagMs }, 'packets between nodes are slow: over 100 ms from publish to receipt');
    else this.#log.info({ lagMs }, 'packets between nodes are fast again');
  }

  #judgeMemory({ usedMemory, maxMemory }: RedisVitals): void {
    if (usedMemory === null || maxMemory === null) return;
    const share = usedMemory / maxMemory;
    if (!this.#isFull && share > MEMORY_HIGH) {
      this.#isFull = true;
      this.#log.warn({ usedMemory, maxMemory }, 'Redis uses more than 80 % of its memory');
    } else if (this.#isFull && share < MEMORY_WELL) {
      this.#isFull = false;
      this.#log.info({ usedMemory, maxMemory }, 'Redis has memory again');
    }
  }

  #judgeEvictions({ evictedKeys, evictionsPerSec }: RedisVitals): void {
    if (evictedKeys === null) return;
    const now = this.#clock.now();
    const before = this.#evicted;
    this.#evicted = evictedKeys;
    // What was evicted before this node looked is nothing new, and Redis counts from 0 again when it restarts.
    if (before !== null && evictedKeys > before) {
      if (this.#evictingAt === null) {
        this.#log.warn({ evictedKeys, evictionsPerSec }, 'Redis evicts keys: rooms and sessions may be lost');
      }
      this.#evictingAt = now;
    } else if (this.#evictingAt !== null && now - this.#evictingAt >= EVICTIONS_OVER_MS) {
      this.#evictingAt = null;
      this.#log.info({ evictedKeys }, 'Redis evicts no more keys');
    }
  }
}
