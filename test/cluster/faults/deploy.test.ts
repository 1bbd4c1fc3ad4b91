/** What operators do every day: end a node, restart all of them, have nginx read its configuration again. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { expectInTime } from './in-time.ts';
import { KeptRedis } from './kept-redis.ts';
import { expectKept, pause, runRow, type Scene } from './row.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: KeptRedis.start });
const patience = { timeoutMs: 60_000 };
const program = fileURLToPath(new URL('../../../infra/cluster/roll.ts', import.meta.url));

/** As `npm run cluster:roll` does. */
async function roll({ world, say }: Scene): Promise<void> {
  const rolling = spawn(process.execPath, [program, '--dir', world.dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface({ input: rolling.stdout }).on('line', say);
  const [code] = await once(rolling, 'close');
  expect(code).toBe(0);
}

it('[P7] SIGTERM of a node', async () => {
  await expectInTime(async () => {
    const outcome = await runRow(world(), {
      name: 'SIGTERM of a node',
      async strike({ world, crowd, say }) {
        const { id, pid } = await world.busiestOwner(crowd);
        process.kill(pid, 'SIGTERM');
        // Its supervisor starts it again.
        await until(() => world.node(id).pid !== pid, { ...patience, what: `${id} to end and start again` });
        await world.isWhole();
        say(`${id} runs again`);
      },
      healMs: 2_000,
    });
    expectKept(outcome);
    return [{ what: 'p99 pause', ms: outcome.pauses.all?.p99, atMost: 500 }];
  });
});

it('[P7] rolling restart of all nodes', async () => {
  await expectInTime(async () => {
    const outcome = await runRow(world(), {
      name: 'rolling restart of all nodes',
      strike: roll,
      healMs: 2_000,
    });
    expectKept(outcome);
    return [{ what: 'p99 pause', ms: outcome.pauses.all?.p99, atMost: 500 }];
  });
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
