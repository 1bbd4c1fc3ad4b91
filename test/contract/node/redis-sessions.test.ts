/** Sessions over a Redis that goes away for a while. */
import { Redis } from 'ioredis';
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { useClients } from '../../cluster/fixture.ts';
import { type NodeInProcess, useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const SECRET = 'the secret of both nodes, 32 bytes and more';

const servers: RedisServer[] = [];
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});
const startNode = useNodesInProcess();
const clients = useClients();

async function redis(port?: number): Promise<RedisServer> {
  const server = await startRedis(port === undefined ? {} : { port });
  servers.push(server);
  return server;
}

function nodeOn(server: RedisServer, id: string): Promise<NodeInProcess> {
  return startNode({ REDIS_URL: server.url, SESSION_SECRET: SECRET, NODE_ID: id });
}

test('[P4] what a node resumed while Redis was away, another knows when it is back', async () => {
  const server = await redis();
  const [here, there] = [await nodeOn(server, 'a'), await nodeOn(server, 'b')];
  const { welcome } = await clients.guest(here.url);
  await server.stop();
  await until(async () => (await here.get('/readyz')).status === 503);
  for (let i = 0; i < 3; i++) await clients.guest(here.url, { resume: welcome.resume });
  const back = await redis(server.port);
  const raw = new Redis(back.port, '127.0.0.1');
  onTestFinished(() => raw.disconnect());
  await until(async () => (await raw.get(`rc:~sid:${welcome.sid}`)) === '4');
  await until(async () => (await there.get('/readyz')).status === 200);
  await clients.guest(there.url, { resume: welcome.resume });
  expect(await raw.get(`rc:~sid:${welcome.sid}`)).toBe('5');
});

test('[P4] so it is for a node that began alone', async () => {
  const away = await redis();
  await away.stop();
  const here = await nodeOn(away, 'a');
  const { welcome } = await clients.guest(here.url);
  for (let i = 0; i < 3; i++) await clients.guest(here.url, { resume: welcome.resume });
  const server = await redis(away.port);
  const raw = new Redis(server.port, '127.0.0.1');
  onTestFinished(() => raw.disconnect());
  await until(async () => (await raw.get(`rc:~sid:${welcome.sid}`)) === '4');
});
