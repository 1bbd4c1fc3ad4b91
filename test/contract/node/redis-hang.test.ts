/** A Redis that hangs under load: members beside their room's owner notice nothing, and everybody has lost nothing. */
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { settled, useClients } from '../../cluster/fixture.ts';
import type { Player } from '../../support/independent/player.ts';
import { judge, showViolations } from '../../support/independent/verdict.ts';
import { type NodeInProcess, useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const MIB = 1024 * 1024;
const ROOMS = 8;
const HUNG_MS = 4_000;
const SAY_EVERY_MS = 20;

let server: RedisServer;
afterEach(() => server.stop());
const startNode = useNodesInProcess();
const clients = useClients();

test('[P11] rooms go on beside their owner while Redis hangs, memory stays, and all is whole afterwards', async () => {
  server = await startRedis();
  const env = {
    REDIS_URL: server.url,
    REDIS_COMMAND_TIMEOUT_MS: '1500',
    SESSION_SECRET: 'the secret of both nodes, 32 bytes and more',
  };
  const [here, there] = [await startNode({ ...env, NODE_ID: 'a' }), await startNode({ ...env, NODE_ID: 'b' })];
  const rooms = Array.from({ length: ROOMS }, (_, i) => `demo:${i}`);
  const beside = rooms.map((room, i) => player(here, `beside${i}`, room));
  await settled(beside, 10_000);
  const logged = player(here, 'logged', 'ledger:1');
  await settled([logged], 10_000);
  const apart = rooms.map((room, i) => player(there, `apart${i}`, room));
  await settled([...beside, ...apart], 10_000);

  const all: readonly (readonly [room: string, player: Player])[] = [
    ...[...beside, ...apart].map((one, i) => [rooms[i % ROOMS] ?? '', one] as const),
    ['ledger:1', logged],
  ];
  let said = 0;
  const talk = setInterval(() => {
    for (const [room, one] of all) one.say(room, `${one.name}-${++said}`, 1_000);
  }, SAY_EVERY_MS);
  onTestFinished(() => clearInterval(talk));

  const before = process.memoryUsage().rss;
  server.pause();
  const hungAt = performance.now();
  let openMax = 0;
  let peak = 0;
  await until(
    () => {
      openMax = Math.max(openMax, ...beside.map((one) => one.openCommands));
      peak = Math.max(peak, process.memoryUsage().rss);
      return performance.now() - hungAt > HUNG_MS;
    },
    { timeoutMs: 2 * HUNG_MS },
  );
  const { body } = await here.get<{ state: string; framesHeld: number }>('/api/storage/status');
  expect(body).toMatchObject({ state: 'down' });
  expect(body.framesHeld).toBeGreaterThan(0);
  clearInterval(talk);
  await until(() => beside.every((one) => one.openCommands === 0), {
    what: 'all commands beside the owner to be done',
  });
  server.resume();

  const players = [...beside, ...apart, logged];
  await settled(players, 30_000);
  expect(showViolations(judge(players))).toBe('');
  expect(openMax * SAY_EVERY_MS, 'longest pause beside the owner').toBeLessThanOrEqual(100);
  expect((peak - before) / MIB).toBeLessThan(100);
});

function player(node: NodeInProcess, name: string, room: string) {
  const one = clients.player({ name, urls: [node.url] });
  one.join(room);
  return one;
}
