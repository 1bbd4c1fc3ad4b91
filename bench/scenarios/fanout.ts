import type { Sample } from '../host/sample.ts';
import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { FANOUT_CHARTS } from './fanout-charts.ts';
import { brokenPromises, type FanoutRun, fanoutRun } from './fanout-run.ts';
import {
  type FanoutSize,
  fanoutText,
  type SizedRun,
  sizedMedians,
  sizedRun,
  sizesOf,
  sizeText,
} from './fanout-sizes.ts';
import { thousands } from './fanout-table.ts';
import { liveRates } from './live-rates.ts';
import { ALL_READ, withServer } from './one-server.ts';

const OPTIONS = {
  clients: { about: 'clients in all', default: 500, min: 1, max: 19_000, whole: true },
  room: { about: 'clients per room; 2,10,50 measures each', default: [50], min: 1, max: 19_000, whole: true },
  rate: {
    about: 'messages per second of each client; 10,100 measures each',
    default: [100],
    min: 0.01,
    max: 10_000,
    whole: false,
  },
  deliveries: {
    about: 'per second in all, the same for each room size: sets the rate; 0 = --rate does',
    default: 0,
    min: 0,
    max: 100_000_000,
    whole: false,
  },
  seconds: { about: 'measured, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  runs: RUNS,
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
  only: { about: 'measure one server', default: 'both', choices: ['both', 'raw', 'roomcast'] },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const fanout: Scenario<typeof OPTIONS> = {
  name: 'fanout',
  about: 'every message goes to all members of its room: raw uWS publish beside Roomcast',
  options: OPTIONS,
  quick: { clients: 40, room: [2, 10], rate: [20], seconds: 1, 'warm-up': 1, runs: 1 },
  charts: FANOUT_CHARTS,
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  if (Math.max(...options.room) > options.clients) {
    throw new OptionFault(`--clients must be at least ${Math.max(...options.room)}, to fill one room`);
  }
  const kinds = [RAW_UWS, ROOMCAST].filter((kind) => options.only === 'both' || options.only === kind.dialect);
  const sizes = sizesOf(options.clients, options.room, options.rate, options.deliveries);
  const runs: SizedRun[] = [];
  const total = options.runs * sizes.length * kinds.length;
  const runMs = (options['warm-up'] + options.seconds) * 1000;
  for (let round = 0; round < options.runs; round++) {
    for (const size of sizes) {
      for (const kind of kinds) {
        const name = sizes.length === 1 ? kind.name : `${kind.name}, ${sizeText(size)}`;
        const show = liveRates({ name, done: runs.length, total, runMs }, context.progress);
        const done = await measure(kind, size, options, context, show);
        runs.push(sizedRun(size, done));
        context.progress.note(`${runs.length}/${total} ${name}: ${summary(done)}`);
      }
    }
  }
  const servers = kinds.map(({ name }) => name);
  return {
    text: fanoutText(sizes, servers, runs),
    results: { medians: sizedMedians(sizes, servers, runs), runs },
    failures: runs.filter((one) => one.server === ROOMCAST.name).flatMap(brokenPromises),
  };
}

async function measure(
  kind: ServerKind,
  { room, rate }: FanoutSize,
  options: Options,
  context: BenchContext,
  onSample: (sample: Sample) => void,
): Promise<FanoutRun> {
  const plan = {
    ...ALL_READ,
    clients: options.clients,
    room,
    rate,
    payloadBytes: options.payload,
    tickMs: options.tick,
  };
  const load = {
    messagesPerSecond: options.clients * rate,
    serverCores: context.cores.server,
    swarmCores: context.cores.swarm,
  };
  return await withServer(kind, plan, context, onSample, async ({ swarm, faults }) => {
    await swarm.connect(options.clients);
    const loaded = await swarm.load(options['warm-up'] * 1000, options.seconds * 1000);
    return fanoutRun(kind.name, loaded, load, faults());
  });
}

function summary(run: FanoutRun): string {
  const speed = `${thousands(run.eventsPerSecond)} events/s, ${thousands(run.eventsPerCpuSecond)} per CPU-second`;
  return `${speed}, p99 ${run.p99Ms.toFixed(1)} ms${run.invalid.length > 0 ? ', INVALID' : ''}`;
}
