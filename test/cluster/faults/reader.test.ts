/** One client that stops reading: it is left out and catches up, and nobody else feels it (P20). */
import { it } from 'vitest';
import { until } from '../../support/until.ts';
import { type RoomPlan, together, usualRooms } from './crowd.ts';
import { expectInTime } from './in-time.ts';
import { KeptRedis } from './kept-redis.ts';
import { spreadOf } from './report.ts';
import { expectKept, pause, runRow } from './row.ts';
import type { Span } from './stalls.ts';
import { useWorld } from './world.ts';

const world = useWorld({
  store: KeptRedis.start,
  // The smallest buffer that there is, so that it is full soon; and clients that may send much.
  env: { STATE_BYTES_MAX: '65536', BACKPRESSURE_BYTES_MAX: '131072', BYTES_PER_SEC: '4194304' },
});

/** Some 4 MB a second: in 5 s more than the kernel and nginx hold for a reader. */
const loud: RoomPlan = {
  durability: 'snapshot',
  members: 3,
  hint: together,
  ratePerSec: 45,
  paddingBytes: 60_000,
};
const STOP_MS = 5_000;
const LAGS_WITHIN_MS = 30_000;
/** What 10 % of a few ms can not be told from: the load sends in steps of 5 ms. */
const STEP_MS = 5;

it('[P20] a reader that stops for 5 s', async () => {
  await expectInTime(async () => {
    const spans: Record<'before' | 'during', Span> = { before: { from: 0, to: 0 }, during: { from: 0, to: 0 } };
    const outcome = await runRow(world(), {
      name: 'a reader that stops for 5 s',
      rooms: [...usualRooms, loud],
      async strike({ crowd, say }) {
        const slow = crowd.members.at(-1)?.player;
        spans.before = await timed(() => pause(STOP_MS));
        slow?.pause();
        spans.during = await timed(() => pause(STOP_MS));
        // On a busy machine less is said in that time, and the kernel may hold all of it.
        await until(async () => (await world().counter('lagged_total')) > 0, {
          timeoutMs: LAGS_WITHIN_MS,
          what: 'the reader to fall behind',
        });
        slow?.resume();
        say('it fell behind');
      },
      healMs: 2_000,
      groups: {
        'of others': ({ player }, { crowd }) => player !== crowd.members.at(-1)?.player,
        'in its room': ({ player, room }, { crowd }) =>
          player !== crowd.members.at(-1)?.player && room.name === crowd.rooms.at(-1)?.name,
      },
    });
    expectKept(outcome);
    const { scene, load } = outcome;
    const p99 = (span: Span) =>
      spreadOf(scene.crowd.members.slice(0, -1).flatMap(({ receipts }) => receipts.delaysMs(span, load))).p99;
    const [before, during] = [p99(spans.before), p99(spans.during)];
    scene.say(`p99 of the others: ${before.toFixed(1)} ms before, ${during.toFixed(1)} ms while it stood still`);
    return [{ what: 'p99 of the others', ms: during, atMost: before * 1.1 + STEP_MS }];
  });
});

async function timed(phase: () => Promise<void>): Promise<Span> {
  const from = performance.now();
  await phase();
  return { from, to: performance.now() };
}
