import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { brokenPromises, fanoutRun } from './fanout-run.ts';
import { liveRates } from './live-rates.ts';
import { ALL_READ } from './one-server.ts';
import { linesBy } from './run-lines.ts';
import {
  type SnapshotsLoad,
  type SnapshotsMedians,
  type SnapshotsRun,
  snapshotCost,
  snapshotsMedians,
  snapshotsRun,
} from './snapshots-run.ts';
import { snapshotsTable } from './snapshots-table.ts';
import { type Durability, loadStored } from './with-redis.ts';

const OPTIONS = {
  rooms: { about: 'rooms that change all the time', default: 200, min: 1, max: 19_000, whole: true },
  keys: { about: 'members per room, each of which sets a key of its own', default: 5, min: 1, max: 1000, whole: true },
  rate: { about: 'times per second that each key is set', default: 4, min: 1, max: 1000, whole: false },
  payload: { about: 'bytes of each value', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  latest: {
    about: "ms, the node's SNAPSHOT_LATEST_MS: a changing room is written that often",
    default: 1000,
    min: 200,
    max: 60_000,
    whole: true,
  },
  seconds: { about: 'measured, after the warm-up', default: 15, min: 1, max: 600, whole: false },
  'warm-up': {
    about: 'seconds of load before that; in the first ones a node looks at all its rooms once',
    default: 8,
    min: 0,
    max: 600,
    whole: false,
  },
  runs: RUNS,
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const DURABILITIES = ['none', 'snapshot'] as const;
/** One call in a thousand more may come from a commit that the window's edges cut in two. */
const CALLS_PER_DEBOUNCE_MAX = 1.001;

export const snapshots: Scenario<typeof OPTIONS> = {
  name: 'snapshots',
  about: 'rooms whose state changes all the time, stored in Redis beside not stored',
  options: OPTIONS,
  quick: { rooms: 10, seconds: 3, runs: 1 },
  needs: ['redis-server'],
  charts: [
    {
      kind: 'percentiles',
      title: 'Latency with and without snapshots',
      by: 'server',
      histogram: 'latencyUs',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const load = { rooms: options.rooms, keys: options.keys };
  const runs: SnapshotsRun[] = [];
  const total = options.runs * DURABILITIES.length;
  for (let round = 0; round < options.runs; round++) {
    for (const durability of DURABILITIES) {
      const done = await measure(durability, load, options, context, runs.length, total);
      runs.push(done);
      const calls = `${done.callsPerSecond.toFixed(1)} calls of Redis per second, p99 ${done.p99Ms.toFixed(1)} ms`;
      context.progress.note(`${runs.length}/${total} ${durability}: ${calls}`);
    }
  }
  const none = snapshotsMedians('none', load, runs);
  const snapshot = snapshotsMedians('snapshot', load, runs);
  const cost = snapshotCost(none, snapshot);
  return {
    text: [snapshotsTable(runs, [none, snapshot], cost, options.latest), '', ...linesBy(DURABILITIES, runs)].join('\n'),
    results: { medians: [none, snapshot] satisfies SnapshotsMedians[], cost, runs },
    failures: [...runs.flatMap(brokenPromises), ...tooManyCalls(cost.callsPerRoomSecond, options.latest)],
  };
}

async function measure(
  durability: Durability,
  { rooms, keys }: SnapshotsLoad,
  options: Options,
  context: BenchContext,
  done: number,
  total: number,
): Promise<SnapshotsRun> {
  const times = { warmUpMs: options['warm-up'] * 1000, measureMs: options.seconds * 1000 };
  const place = { name: durability, done, total, runMs: times.warmUpMs + times.measureMs };
  const clients = rooms * keys;
  const { loaded, redis, faults } = await loadStored(
    { durability, ...times },
    {
      ...ALL_READ,
      clients,
      room: keys,
      traffic: 'changes',
      rate: options.rate,
      payloadBytes: options.payload,
      tickMs: options.tick,
    },
    context,
    liveRates(place, context.progress),
    { SNAPSHOT_LATEST_MS: String(options.latest) },
  );
  const load = {
    messagesPerSecond: clients * options.rate,
    serverCores: context.cores.server,
    swarmCores: context.cores.swarm,
  };
  return snapshotsRun(fanoutRun(durability, loaded, load, faults), redis, { rooms, keys });
}

function tooManyCalls(callsPerRoomSecond: number, latestMs: number): string[] {
  const perDebounce = (callsPerRoomSecond * latestMs) / 1000;
  return perDebounce > CALLS_PER_DEBOUNCE_MAX ? [`${perDebounce.toFixed(2)} calls of Redis per room and debounce`] : [];
}
