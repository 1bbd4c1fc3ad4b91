import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { brokenPromises, fanoutRun } from './fanout-run.ts';
import { liveRates } from './live-rates.ts';
import { type LogRun, logRun } from './log-run.ts';
import { logMedians, logTable } from './log-table.ts';
import { ALL_READ } from './one-server.ts';
import { linesBy } from './run-lines.ts';
import { type Durability, loadStored } from './with-redis.ts';

const OPTIONS = {
  clients: { about: 'clients in all', default: 500, min: 1, max: 19_000, whole: true },
  room: { about: 'clients per room', default: 50, min: 1, max: 19_000, whole: true },
  rate: { about: 'messages per second of each client', default: 100, min: 0.01, max: 10_000, whole: false },
  seconds: { about: 'measured, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  runs: RUNS,
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const DURABILITIES: readonly Durability[] = ['none', 'snapshot', 'log'];

export const log: Scenario<typeof OPTIONS> = {
  name: 'log',
  about: 'the load of fanout on a node with Redis: what durability snapshot and log cost',
  options: OPTIONS,
  quick: { clients: 40, room: 10, rate: 20, seconds: 1, 'warm-up': 1, runs: 1 },
  needs: ['redis-server'],
  charts: [
    {
      kind: 'bars',
      title: 'What durability costs',
      by: 'server',
      value: 'eventsPerBothCpuSecond',
      unit: 'events delivered per CPU-second of node and Redis',
      better: 'more',
    },
    { kind: 'percentiles', title: 'Latency by durability', by: 'server', histogram: 'latencyUs' },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const runs: LogRun[] = [];
  const total = options.runs * DURABILITIES.length;
  for (let round = 0; round < options.runs; round++) {
    for (const durability of DURABILITIES) {
      const done = await measure(durability, options, context, runs.length, total);
      runs.push(done);
      const both = Math.round(done.eventsPerBothCpuSecond / 1000);
      context.progress.note(
        `${runs.length}/${total} ${durability}: ${both} k events per CPU-second of node and Redis, p99 ${done.p99Ms.toFixed(1)} ms`,
      );
    }
  }
  const medians = DURABILITIES.map((durability) => logMedians(durability, runs));
  return {
    text: [logTable(runs, medians), '', ...linesBy(DURABILITIES, runs)].join('\n'),
    results: { medians, runs },
    failures: runs.flatMap(brokenPromises),
  };
}

async function measure(
  durability: Durability,
  options: Options,
  context: BenchContext,
  done: number,
  total: number,
): Promise<LogRun> {
  const times = { warmUpMs: options['warm-up'] * 1000, measureMs: options.seconds * 1000 };
  const place = { name: durability, done, total, runMs: times.warmUpMs + times.measureMs };
  const { loaded, redis, faults } = await loadStored(
    { durability, ...times },
    {
      ...ALL_READ,
      clients: options.clients,
      room: options.room,
      rate: options.rate,
      payloadBytes: options.payload,
      tickMs: options.tick,
    },
    context,
    liveRates(place, context.progress),
  );
  const load = {
    messagesPerSecond: options.clients * options.rate,
    serverCores: context.cores.server,
    swarmCores: context.cores.swarm,
  };
  return logRun(fanoutRun(durability, loaded, load, faults), redis);
}
