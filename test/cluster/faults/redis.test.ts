/** Redis that goes away, comes back, forgets, or cuts off who listens. */
import { expect, it } from 'vitest';
import { backlogDone } from './backlog.ts';
import { type Member, together } from './crowd.ts';
import { expectInTime } from './in-time.ts';
import { KeptRedis } from './kept-redis.ts';
import { expectKept, pause, runRow } from './row.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: KeptRedis.start });

/** Neither another node nor the log is needed for their messages. */
const goesOn = ({ room }: Member) => room.hint === together && room.durability === 'snapshot';

it('[P11] Redis killed for 5 s, back with its data', async () => {
  await expectInTime(async () => {
    const back = { at: 0, doneMs: 0 };
    const outcome = await runRow(world(), {
      name: 'kill -9 of Redis for 5 s',
      async strike({ crowd, say }) {
        const { store } = world();
        await store.kill();
        await pause(5_000);
        await store.start();
        back.at = performance.now();
        back.doneMs = await backlogDone(crowd);
        say(`all from before is done ${Math.round(back.doneMs)} ms after its return`);
      },
      healMs: 4_000,
      groups: { 'of snapshot rooms on one node': goesOn },
    });
    expectKept(outcome);
    const away = { from: outcome.span.from, to: back.at };
    return [
      { what: 'longest pause on one node', ms: outcome.pausesIn(away, goesOn).max, atMost: 100 },
      { what: 'all done after its return', ms: back.doneMs, atMost: 2_000 },
    ];
  });
});

it('[P11] Redis restarted empty', async () => {
  const outcome = await runRow(world(), {
    name: 'Redis restarted empty',
    async strike({ crowd, say }) {
      const { store } = world();
      await store.kill();
      store.forget();
      await pause(500);
      await store.start();
      say(`all from before is done ${Math.round(await backlogDone(crowd))} ms after its return`);
    },
    healMs: 5_000,
  });
  expectKept(outcome);
});

it('[P13] subscriptions killed by CLIENT KILL TYPE pubsub', async () => {
  const outcome = await runRow(world(), {
    name: 'CLIENT KILL TYPE pubsub',
    async strike({ world }) {
      for (let i = 0; i < 3; i++) {
        await world.askRedis('CLIENT KILL TYPE pubsub');
        await pause(1_000);
      }
    },
    healMs: 2_000,
  });
  expectKept(outcome);
  expect(await world().owners(outcome.scene.crowd)).toEqual(outcome.scene.ownerOf);
});
