/** Nodes behind sentinels: a failover in the middle of play, asked for and forced, loses and doubles nothing. */
import { afterEach, expect, onTestFinished, test } from 'vitest';
import { settled, useClients } from '../../cluster/fixture.ts';
import type { Player } from '../../support/independent/player.ts';
import { judge, showViolations } from '../../support/independent/verdict.ts';
import { type NodeInProcess, useNodesInProcess } from '../../support/nodes-in-process.ts';
import { type SentinelCluster, startSentinels } from '../../support/redis-sentinels.ts';
import { until } from '../../support/until.ts';

const SAY_EVERY_MS = 25;
const ROOMS = ['demo:1', 'ledger:1', 'scratch:1'];

let cluster: SentinelCluster;
afterEach(() => cluster.stop());
const startNode = useNodesInProcess();
const clients = useClients();

test.each([
  ['by SENTINEL FAILOVER, over an old master that goes on taking writes', () => cluster.failover()],
  ['after the master was killed', killMaster],
])('[P11] [P15] [P18] a failover %s', async (_, strike) => {
  cluster = await startSentinels();
  const env = {
    REDIS_MODE: 'sentinel',
    REDIS_NODES: cluster.nodes,
    SESSION_SECRET: 'the secret of both nodes, 32 bytes and more',
  };
  const nodes = [await startNode({ ...env, NODE_ID: 'a' }), await startNode({ ...env, NODE_ID: 'b' })];
  for (const node of nodes) await ready(node);
  const players: [room: string, player: Player][] = [];
  for (const room of ROOMS) {
    for (const [i, node] of nodes.entries()) {
      const player = clients.player({ name: `${room}@${i}`, urls: [node.url] });
      player.join(room);
      players.push([room, player]);
      await settled([player], 10_000);
    }
  }
  const all = players.map(([, player]) => player);

  let said = 0;
  const talk = setInterval(() => {
    for (const [room, player] of players) player.say(room, `${player.name}-${++said}`);
  }, SAY_EVERY_MS);
  onTestFinished(() => clearInterval(talk));
  await until(() => said > 20 * players.length);
  await strike();
  const before = said;
  await until(() => said > before + 40 * players.length);
  for (const node of nodes) await ready(node);
  clearInterval(talk);
  await settled(all, 30_000);
  expect(showViolations(judge(all))).toBe('');
  expect(all.map(({ links }) => links)).toEqual(all.map(() => 1));
});

async function killMaster(): Promise<void> {
  const before = await cluster.master();
  await before.stop();
  await until(async () => (await cluster.master()) !== before, { timeoutMs: 30_000 });
}

async function ready(node: NodeInProcess): Promise<void> {
  await until(async () => (await node.get('/readyz')).status === 200, { timeoutMs: 10_000 });
}
