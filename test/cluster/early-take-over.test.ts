/** Rooms of a killed process go on before its heartbeat in Redis has run out; cut subscriptions move none. */
import { expect, it } from 'vitest';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';
import { askRedis } from './redis-line.ts';

/** Much longer than it takes to find a dead process. */
const ttlMs = 5_000;

const cluster = useCluster({ NODE_TTL_MS: String(ttlMs) });
const clients = useClients();

/** Series of a node, summed over the nodes that answer. */
async function total(series: string): Promise<number> {
  const texts = cluster().nodes.map(async ({ port }) => {
    const response = await fetch(`http://127.0.0.1:${port}/metrics`).catch(() => null);
    return (await response?.text()) ?? '';
  });
  const found = (await Promise.all(texts)).map((text) =>
    new RegExp(`^roomcast_${series}\\{.*\\} (\\d+)$`, 'm').exec(text),
  );
  return found.reduce((sum, match) => sum + Number(match?.[1] ?? 0), 0);
}

/** A node believes in nobody's death within one TTL after its own start. */
async function steady(): Promise<void> {
  const startedAt = performance.now();
  await until(() => performance.now() - startedAt > ttlMs + 1_000, { timeoutMs: 2 * ttlMs });
}

it('[P13] subscriptions that Redis cuts move no room', async () => {
  await steady();
  const room = newRoom();
  const players = [0, 1, 2].map((node) => clients.player({ name: `at${node}`, urls: [cluster().nodeUrl(node)] }));
  for (const player of players) player.join(room);
  await settled(players, 10_000);
  const owner = await askRedis(cluster().redis.port, `HGET rc:{${room}} owner`);
  for (let round = 0; round < 8; round++) {
    for (const player of players) player.say(room, `${player.name}-${round}`);
    await askRedis(cluster().redis.port, 'CLIENT KILL TYPE pubsub');
    await settled(players, 10_000);
  }
  expect(showViolations(judge(players))).toBe('');
  expect(await askRedis(cluster().redis.port, `HGET rc:{${room}} owner`)).toBe(owner);
  expect([await total('nodes_presumed_dead_total'), await total('room_take_overs_total')]).toEqual([0, 0]);
});

it('[P18] members of other nodes go on before the heartbeat of a killed owner has run out', async () => {
  await steady();
  const room = newRoom();
  const first = clients.player({ name: 'owner', urls: [cluster().nodeUrl(0)] });
  first.join(room);
  await settled([first], 10_000);
  const players = [1, 2].map((node) => clients.player({ name: `at${node}`, urls: [cluster().nodeUrl(node)] }));
  for (const player of players) player.join(room);
  await settled([first, ...players], 10_000);
  // Members that no snapshot has would have to join again.
  await until(async () => (await askRedis(cluster().redis.port, `HEXISTS rc:{${room}} m:3`)) === '1');
  const epochs = () => players.map((player) => player.replica(room).position?.epoch ?? 0);
  const before = epochs();
  first.stop();
  process.kill(cluster().nodes[0]?.pid ?? 0, 'SIGKILL');
  await until(() => epochs().every((epoch, i) => epoch > (before[i] ?? 0)), { timeoutMs: ttlMs, what: 'SYNC' });
  expect(await total('nodes_presumed_dead_total')).toBe(2);
  expect(await total('room_take_overs_early_total')).toBe(1);
  for (const player of players) player.say(room, `${player.name} goes on`);
  await settled(players, 10_000);
  // That its first member went away may be told and not written.
  expect(showViolations(judge(players, { faults: { mayTakeBack: () => true } }))).toBe('');
});
