import { afterEach, describe, expect, test } from 'vitest';
import type { Logger } from '../../../src/base/logger.ts';
import { Watch } from '../../../src/node/watch.ts';
import type { RedisVitals } from '../../../src/redis/vitals.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const WELL: RedisVitals = {
  connected: true,
  latencyMs: 1,
  usedMemory: 10,
  maxMemory: 100,
  keys: 1,
  evictedKeys: 3,
  evictionsPerSec: 0,
  connectedReplicas: 0,
  replicationLagBytes: null,
  role: 'master',
  state: 'up',
};
const LOOK_MS = 5_000;

let stop: () => void;
afterEach(() => stop());

async function setUp() {
  const clock = new VirtualClock();
  const lines: string[] = [];
  const line = (level: string) => (_fields: object, text: string) => void lines.push(`${level} ${text}`);
  const log: Logger = { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') };
  const lag = { isSlow: false, lastMs: 3 };
  let vitals = WELL;
  const watch = new Watch(clock, log, lag, { read: async () => vitals });
  stop = () => watch.stop();
  watch.start();
  await clock.idle();
  /** Some looks at Redis in this state; what they had to say. */
  const look = async (now: Partial<RedisVitals>, looks = 3): Promise<string[]> => {
    vitals = { ...vitals, ...now };
    await clock.run(looks * LOOK_MS);
    return lines.splice(0);
  };
  return { look, lag };
}

describe('[watch] a change is told of once', () => {
  test('memory over 80 %', async () => {
    const { look } = await setUp();
    expect(await look({ usedMemory: 80 })).toEqual([]);
    expect(await look({ usedMemory: 81 })).toEqual(['warn Redis uses more than 80 % of its memory']);
    expect(await look({ usedMemory: 79 })).toEqual([]);
    expect(await look({ usedMemory: 81 })).toEqual([]);
    expect(await look({ usedMemory: 74 })).toEqual(['info Redis has memory again']);
    expect(await look({ usedMemory: 99, maxMemory: null })).toEqual([]);
  });

  test('evictions, but not those of before', async () => {
    const { look } = await setUp();
    expect(await look({})).toEqual([]);
    expect(await look({ evictedKeys: 4 }, 1)).toEqual(['warn Redis evicts keys: rooms and sessions may be lost']);
    expect(await look({ evictedKeys: 9 }, 5)).toEqual([]);
    expect(await look({ evictedKeys: 10 }, 1)).toEqual([]);
    expect(await look({}, 11)).toEqual([]);
    expect(await look({}, 1)).toEqual(['info Redis evicts no more keys']);
  });

  test('a restart of Redis is no eviction, nor is a look that brought nothing', async () => {
    const { look } = await setUp();
    expect(await look({ evictedKeys: null, usedMemory: null, maxMemory: null })).toEqual([]);
    expect(await look({ evictedKeys: 0 })).toEqual([]);
    expect(await look({ evictedKeys: 1 }, 1)).toEqual(['warn Redis evicts keys: rooms and sessions may be lost']);
  });

  test('slow packets', async () => {
    const { look, lag } = await setUp();
    lag.isSlow = true;
    expect(await look({})).toEqual(['warn packets between nodes are slow: over 100 ms from publish to receipt']);
    lag.isSlow = false;
    expect(await look({})).toEqual(['info packets between nodes are fast again']);
  });
});
