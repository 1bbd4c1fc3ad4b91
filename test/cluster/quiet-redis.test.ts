/**
 * 1,000 rooms whose members all sit on one node: messages stay inside that node. Redis may get what goes by time
 * (heartbeats, debounced commits), nothing that grows with the number of messages.
 */
import { expect, it } from 'vitest';
import type { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';
import { commandCalls } from './redis-line.ts';

const cluster = useCluster();
const clients = useClients();

const size = { rooms: 1000, roomsPerPlayer: 16, membersPerRoom: 2, rounds: 8, roundMs: 1000 };
/** Messages per room and round. All of a round come together, so the commits that time calls for are the same. */
const few = 1;
const many = 4;

it('[Redis] gets nothing per message but debounced commits', async () => {
  const rooms = Array.from({ length: size.rooms }, () => newRoom());
  const players: Player[] = [];
  for (let at = 0; at < rooms.length; at += size.roomsPerPlayer) {
    for (let member = 0; member < size.membersPerRoom; member++) {
      const player = clients.player({ name: `p${at}-${member}`, urls: [cluster().nodeUrl(0)] });
      for (const room of rooms.slice(at, at + size.roomsPerPlayer)) player.join(room);
      players.push(player);
    }
  }
  await settled(players, 60_000);

  const withFew = await spread(players, 'few', few);
  const withMany = await spread(players, 'many', many);
  await settled(players, 60_000);
  expect(showViolations(judge(players))).toBe('');

  const text = `${show(withFew)}, then ${show(withMany)}`;
  expect(withMany.messages).toBe((withFew.messages * many) / few);
  // Four times the messages in the same time. The slack is for what goes by time, over a settling that takes longer.
  expect(withMany.total, text).toBeLessThan(withFew.total * 1.5);
  for (const command of ['publish', 'spublish', 'xadd']) {
    expect(withMany.calls.get(command) ?? 0, text).toBeLessThan(withMany.messages / 100);
  }
});

interface Cost {
  readonly calls: ReadonlyMap<string, number>;
  readonly total: number;
  readonly messages: number;
}

const show = ({ calls, messages }: Cost): string =>
  `${[...calls].map(([command, count]) => `${command} ${count}`).join(', ')} for ${messages} messages`;

/** The first member of each room says so much in each round; answers what Redis was asked meanwhile. */
async function spread(players: readonly Player[], name: string, perRound: number): Promise<Cost> {
  const before = await commandCalls(cluster().redis.port);
  const startedAt = performance.now();
  let messages = 0;
  for (let round = 1; round <= size.rounds; round++) {
    for (const player of players.filter((_, i) => i % size.membersPerRoom === 0)) {
      for (const room of player.ledgers.keys()) {
        for (let i = 0; i < perRound; i++) player.say(room, `${player.name}-${name}-${++messages}`);
      }
    }
    const due = startedAt + size.roundMs * round;
    await until(() => performance.now() >= due, { timeoutMs: size.roundMs * 2, what: 'the next round' });
  }
  await until(() => players.every((player) => player.openCommands === 0), { timeoutMs: 60_000 });
  const after = await commandCalls(cluster().redis.port);
  const used = [...after].map(([command, count]) => [command, count - (before.get(command) ?? 0)] as const);
  const calls = new Map(used.filter(([, count]) => count > 0));
  const total = [...calls.values()].reduce((sum, count) => sum + count, 0);
  return { calls, total, messages };
}
