/** Redis moves to another machine: what the replica has not got is gone, and the rooms must not care. */
import { it } from 'vitest';
import { backlogDone } from './backlog.ts';
import { expectKept, runRow } from './row.ts';
import { SentinelRedis } from './sentinel-redis.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: SentinelRedis.start });

it('[P18] Sentinel failover to a replica while the old master lives', async () => {
  const outcome = await runRow(world(), {
    name: 'Sentinel failover, by command',
    async strike({ crowd, say }) {
      await world().store.failOver();
      say(`all from before is done ${Math.round(await backlogDone(crowd))} ms after the failover`);
    },
    healMs: 5_000,
  });
  expectKept(outcome);
});

it('[P18] Sentinel failover after the master was killed', async () => {
  const outcome = await runRow(world(), {
    name: 'Sentinel failover, master killed',
    async strike({ crowd, say }) {
      await world().store.killMaster();
      say(`all from before is done ${Math.round(await backlogDone(crowd))} ms after the failover`);
    },
    healMs: 5_000,
  });
  expectKept(outcome);
});
