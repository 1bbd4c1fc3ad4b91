import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { type Climbed, climb, doublings, grown } from './climb.ts';
import { ALL_READ, withServer } from './one-server.ts';
import { brokenByTicks, type TickRun, type TickStep, tickRun, tickStep } from './tick-run.ts';
import { tickMedians, tickTable } from './tick-table.ts';

const OPTIONS = {
  rates: { about: 'ticks per second', default: 'both', choices: ['both', '20', '60'] },
  room: { about: 'members per room', default: 10, min: 1, max: 1000, whole: true },
  rooms: { about: 'rooms to begin with', default: 10, min: 1, max: 19_000, whole: true },
  'rooms-max': { about: 'rooms at the most', default: 1900, min: 1, max: 19_000, whole: true },
  step: { about: '% of rooms more at each fine step', default: 10, min: 1, max: 100, whole: false },
  seconds: { about: 'measured with each number of rooms', default: 4, min: 0.5, max: 60, whole: false },
  settle: { about: 'seconds before that', default: 1, min: 0, max: 60, whole: false },
  runs: RUNS,
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

/** Servers that serve room types `tick20` and `tick60` as bench/rooms/tick-job.ts says. */
const KINDS: readonly ServerKind[] = [{ ...ROOMCAST, env: { ...ROOMCAST.env, ROOMS_DIR: 'bench/rooms' } }];
/** The swarm has that many clients at the most. */
const CLIENTS_MAX = 19_000;

export const tick: Scenario<typeof OPTIONS> = {
  name: 'tick',
  about: 'rooms that tick, with 20 entities that change each time: how many a core holds',
  options: OPTIONS,
  quick: { rates: '20', rooms: 4, 'rooms-max': 8, step: 100, seconds: 1, settle: 0.5, runs: 1 },
  charts: [
    {
      kind: 'bars',
      title: 'Rooms that tick on one core, by ticks per second',
      by: 'ticksPerSec',
      value: 'roomsPerCore',
      unit: 'rooms of 10 members and 20 entities',
      better: 'more',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const rates = options.rates === 'both' ? [20, 60] : [Number(options.rates)];
  const runs: TickRun[] = [];
  const total = options.runs * rates.length * KINDS.length;
  for (let round = 0; round < options.runs; round++) {
    for (const ticksPerSec of rates) {
      for (const kind of KINDS) {
        const done = await measure(kind, ticksPerSec, options, context, runs.length / total);
        runs.push(done);
        const invalid = done.invalid.length > 0 ? ', INVALID' : '';
        const held = `${done.rooms} rooms at p99 ${done.held?.p99Ms.toFixed(1) ?? '–'} ms${invalid}`;
        context.progress.note(`${runs.length}/${total} ${kind.name}, ${ticksPerSec} ticks/s: ${held}`);
      }
    }
  }
  const medians = KINDS.flatMap(({ name }) => rates.map((rate) => tickMedians(name, rate, runs)));
  return { text: tickTable(runs, medians), results: { medians, runs }, failures: runs.flatMap(brokenByTicks) };
}

/** Doubles the rooms until they are too many; then a fresh server goes from the last that held in small steps. */
async function measure(
  kind: ServerKind,
  ticksPerSec: number,
  options: Options,
  context: BenchContext,
  share: number,
): Promise<TickRun> {
  const roomsMax = Math.min(options['rooms-max'], Math.floor(CLIENTS_MAX / options.room));
  const rough = await ascend(kind, ticksPerSec, doublings(options.rooms, roomsMax), roomsMax, options, context, share);
  const { held, broke } = rough;
  const sizes = held && broke ? grown(held.rooms, options.step / 100, broke.rooms) : null;
  const fine = sizes && (await ascend(kind, ticksPerSec, sizes, roomsMax, options, context, share));
  const whole = fine && fine.broke === null ? { ...fine, broke } : fine;
  return tickRun(kind.name, ticksPerSec, context.cores.server.length, rough, whole);
}

function ascend(
  kind: ServerKind,
  ticksPerSec: number,
  sizes: Iterable<number>,
  roomsMax: number,
  options: Options,
  context: BenchContext,
  share: number,
): Promise<Climbed<TickStep>> {
  const { cores, progress } = context;
  const plan = {
    ...ALL_READ,
    clients: roomsMax * options.room,
    room: options.room,
    roomType: `tick${ticksPerSec}`,
    traffic: 'ticks',
    rate: 0,
    payloadBytes: 0,
    tickMs: options.tick,
  } as const;
  return withServer(
    kind,
    plan,
    context,
    () => {},
    async ({ swarm }) => {
      await swarm.begin(0);
      return await climb(sizes, async (rooms) => {
        progress.show(share, `${kind.name}, ${ticksPerSec} ticks/s: ${rooms} rooms`);
        const clients = rooms * options.room;
        await swarm.connect(clients);
        await swarm.window({ measureMs: options.settle * 1000, stopped: 0, stopMs: 0 });
        const window = await swarm.window({ measureMs: options.seconds * 1000, stopped: 0, stopMs: 0 });
        const load = { rooms, clients, ticksPerSec, serverCores: cores.server, swarmCores: cores.swarm };
        return tickStep(window, load);
      });
    },
  );
}
