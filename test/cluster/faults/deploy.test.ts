/** What operators do every day: end a node, restart all of them, have nginx read its configuration again. */
import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { KeptRedis } from './kept-redis.ts';
import { expectKept, pause, runRow, type Scene } from './row.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: KeptRedis.start });
const patience = { timeoutMs: 60_000 };

/** The supervisor starts it again. */
async function restart(id: string, { world, say }: Scene): Promise<void> {
  const { pid } = world.node(id);
  process.kill(pid, 'SIGTERM');
  await until(() => world.node(id).pid !== pid, { ...patience, what: `${id} to end and start again` });
  await world.isWhole();
  say(`${id} runs again`);
}

it('[P7] SIGTERM of a node', async () => {
  const outcome = await runRow(world(), {
    name: 'SIGTERM of a node',
    async strike(scene) {
      await restart((await scene.world.busiestOwner(scene.crowd)).id, scene);
    },
    healMs: 2_000,
  });
  expectKept(outcome);
  expect(outcome.pauses.all?.p99).toBeLessThanOrEqual(500);
});

it('[P7] rolling restart of all nodes', async () => {
  const outcome = await runRow(world(), {
    name: 'rolling restart of all nodes',
    async strike(scene) {
      for (const { id } of scene.world.nodes) await restart(id, scene);
    },
    healMs: 2_000,
  });
  expectKept(outcome);
  expect(outcome.pauses.all?.p99).toBeLessThanOrEqual(500);
});

it('[P7] nginx reload, with half of the clients coming back through its new workers', async () => {
  const outcome = await runRow(world(), {
    name: 'nginx reload',
    async strike({ world, crowd }) {
      process.kill(world.nginxPid, 'SIGHUP');
      await pause(1_000);
      // Not all at once: what is measured is nginx, not this process opening sockets.
      for (const [i, { player }] of crowd.members.entries()) {
        if (i % 2 === 0) continue;
        player.drop();
        await pause(10);
      }
    },
    healMs: 2_000,
  });
  expectKept(outcome);
});
