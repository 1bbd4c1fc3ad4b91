import { describe, expect, test } from 'vitest';
import { figuresOf } from '../../../src/redis/vitals.ts';

const info = (...lines: string[]): string => ['# Server', 'redis_version:7.0.15', ...lines, ''].join('\r\n');

describe('[health] what INFO says', () => {
  test('of a master with replicas: the one furthest behind counts', () => {
    const text = info(
      'used_memory:1048576',
      'maxmemory:4194304',
      'evicted_keys:7',
      'role:master',
      'connected_slaves:2',
      'slave0:ip=10.0.0.2,port=6379,state=online,offset=900,lag=0',
      'slave1:ip=10.0.0.3,port=6379,state=online,offset=400,lag=1',
      'master_repl_offset:1000',
    );
    expect(figuresOf(text)).toEqual({
      usedMemory: 1_048_576,
      maxMemory: 4_194_304,
      evictedKeys: 7,
      connectedReplicas: 2,
      replicationLagBytes: 600,
      role: 'master',
    });
  });

  test('of one alone, without a limit', () => {
    const text = info('used_memory:5', 'maxmemory:0', 'evicted_keys:0', 'role:master', 'connected_slaves:0');
    expect(figuresOf(text)).toMatchObject({ maxMemory: null, connectedReplicas: 0, replicationLagBytes: null });
  });

  test('of a server that tells nothing', () => {
    expect(Object.values(figuresOf('')).every((value) => value === null)).toBe(true);
  });
});
