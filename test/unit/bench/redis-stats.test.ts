import { expect, test } from 'vitest';
import { parseRedisInfo } from '../../../bench/host/redis-stats.ts';

const INFO = [
  '# Stats',
  'total_net_input_bytes:1200',
  'total_net_output_bytes:34',
  '# Commandstats',
  'cmdstat_evalsha:calls=5,usec=9,usec_per_call=1.80,rejected_calls=0,failed_calls=0',
  'cmdstat_hset:calls=10,usec=9,usec_per_call=0.90,rejected_calls=0,failed_calls=0',
  'cmdstat_client|setname:calls=1,usec=9,usec_per_call=9.00,rejected_calls=0,failed_calls=0',
  'cmdstat_info:calls=7,usec=9,usec_per_call=1.29,rejected_calls=0,failed_calls=0',
  '',
].join('\r\n');

test('commands are counted without the INFO that asks, calls of scripts apart', () => {
  expect(parseRedisInfo(INFO)).toEqual({ commands: 16, scripts: 5, scriptsCpu: 9e-6, bytesIn: 1200, bytesOut: 34 });
});

test('an INFO without statistics is a fault, not a zero', () => {
  expect(() => parseRedisInfo('# Server\r\n')).toThrow('total_net_input_bytes');
});
