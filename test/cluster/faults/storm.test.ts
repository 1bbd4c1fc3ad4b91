/** A node dies with a thousand clients, who all come to the next one at once. */
import { expect, it } from 'vitest';
import type { RoomPlan } from './crowd.ts';
import { KeptRedis } from './kept-redis.ts';
import { expectKept, runRow } from './row.ts';
import { useWorld } from './world.ts';

const JOINS_PER_SEC = 300;
/** What the limit takes for them, and as much again. */
const BACK_WITHIN_MS = 7_000;
const world = useWorld({ store: KeptRedis.start, env: { JOINS_PER_SEC: String(JOINS_PER_SEC) } });

/** All name the same to nginx, so one node has them all, and after its death another. */
const rooms: readonly RoomPlan[] = Array.from({ length: 20 }, (_, i) => ({
  durability: i % 2 === 0 ? 'snapshot' : 'log',
  members: 50,
  hint: () => 'storm',
  ratePerSec: 2,
  speakers: 2,
}));

it('[P6] 1,000 clients of a node that dies', async () => {
  let victim = '';
  let killedAt = 0;
  const outcome = await runRow(world(), {
    name: 'storm: 1,000 clients of a node that dies',
    rooms,
    losesUnwritten: () => true,
    async strike({ world, crowd, say }) {
      const node = await world.busiestOwner(crowd);
      victim = node.id;
      killedAt = performance.now();
      process.kill(node.pid, 'SIGKILL');
      say(`killed ${victim}`);
    },
    healMs: 12_000,
  });
  expectKept(outcome);
  const { members } = outcome.scene.crowd;
  expect([...outcome.scene.nodeOf.values()].every((node) => node === victim)).toBe(true);
  const joins = members
    .flatMap(({ receipts }) => receipts.joinedAt.filter((at) => at > killedAt))
    .sort((a, b) => a - b);
  expect(joins.length).toBeGreaterThanOrEqual(members.length);
  const refused = await world().counter('joins_refused_total');
  const last = (joins.at(-1) ?? 0) - killedAt;
  outcome.scene.say(`${refused} joins told to come again, all back after ${(last / 1_000).toFixed(1)} s`);
  expect(refused).toBeGreaterThan(0);
  expect(last).toBeLessThan(BACK_WITHIN_MS);
});
