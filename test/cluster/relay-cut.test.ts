/** P13 between nodes: Redis cuts the subscriptions of all nodes while messages flow, and no member ends in a hole. */
import { expect, it } from 'vitest';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';
import { askRedis } from './redis-line.ts';

const cluster = useCluster();
const clients = useClients();

const rounds = { count: 10, commands: 20 };

it.each(['demo', 'ledger', 'scratch'])('[P13] a %s room whose relays are cut ends the same for all', async (type) => {
  const room = newRoom(type);
  const players = [0, 1, 2].map((node) => clients.player({ name: `at${node}`, urls: [cluster().nodeUrl(node)] }));
  for (const player of players) player.join(room);
  await settled(players, 10_000);
  for (let round = 0; round < rounds.count; round++) {
    for (const player of players) {
      for (let i = 0; i < rounds.commands; i++) player.say(room, `${player.name}-${round}-${i}`);
    }
    await askRedis(cluster().redis.port, 'CLIENT KILL TYPE pubsub');
    const left = (rounds.commands * players.length) / 2;
    await until(() => players.reduce((sum, player) => sum + player.openCommands, 0) <= left, {
      timeoutMs: 30_000,
      what: `half of round ${round} to be done`,
    });
  }
  await settled(players, 30_000);
  const verdict = judge(players);
  expect(showViolations(verdict)).toBe('');
  expect(verdict.commands).toBe(rounds.count * rounds.commands * players.length);
  expect(players.map((player) => player.links)).toEqual([1, 1, 1]);
});
