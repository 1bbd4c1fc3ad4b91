/** What a node does at once when its connection to Redis has come back. */
import { Redis } from 'ioredis';
import { afterEach, beforeEach, test } from 'vitest';
import { useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

let server: RedisServer;
let raw: Redis;
beforeEach(async () => {
  server = await startRedis();
  raw = new Redis(server.port, '127.0.0.1');
});
afterEach(async () => {
  raw.disconnect();
  await server.stop();
});
// Its nodes are stopped first.
const start = useNodesInProcess();

test('[heartbeat] a node is registered again as soon as its connection is, not with its next beat', async () => {
  const rare = { NODE_HEARTBEAT_MS: '300000', NODE_TTL_MS: '600000', NODE_ID: 'a' };
  await start({ ...rare, REDIS_URL: server.url });
  await until(() => raw.exists('rc:{~node}:a'));
  await raw.flushall();
  await raw.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
  await until(() => raw.exists('rc:{~node}:a'));
  await raw.flushall();
  await raw.call('client', 'kill', 'type', 'normal', 'skipme', 'yes');
  await until(() => raw.exists('rc:{~node}:a'));
});
