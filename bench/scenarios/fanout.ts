import type { Sample } from '../host/sample.ts';
import type { OptionValues } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { brokenPromises, type FanoutRun, fanoutRun } from './fanout-run.ts';
import { fanoutTable, mediansOf, thousands } from './fanout-table.ts';
import { liveRates } from './live-rates.ts';
import { ALL_READ, withServer } from './one-server.ts';

const OPTIONS = {
  clients: { about: 'clients in all', default: 500, min: 1, max: 19_000, whole: true },
  room: { about: 'clients per room', default: 50, min: 1, max: 19_000, whole: true },
  rate: { about: 'messages per second of each client', default: 100, min: 0.01, max: 10_000, whole: false },
  seconds: { about: 'measured, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  runs: { about: 'runs of each server, in turn', default: 3, min: 1, max: 100, whole: true },
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
  only: { about: 'measure one server', default: 'both', choices: ['both', 'raw', 'roomcast'] },
} as const;

type Options = OptionValues<typeof OPTIONS>;

export const fanout: Scenario<typeof OPTIONS> = {
  name: 'fanout',
  about: 'every message goes to all members of its room: raw uWS publish beside Roomcast',
  options: OPTIONS,
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const kinds = [RAW_UWS, ROOMCAST].filter((kind) => options.only === 'both' || options.only === kind.dialect);
  const runs: FanoutRun[] = [];
  const total = options.runs * kinds.length;
  for (let round = 0; round < options.runs; round++) {
    for (const kind of kinds) {
      const runMs = (options['warm-up'] + options.seconds) * 1000;
      const show = liveRates({ name: kind.name, done: runs.length, total, runMs }, context.progress);
      const done = await measure(kind, options, context, show);
      runs.push(done);
      context.progress.note(`${runs.length}/${total} ${kind.name}: ${summary(done)}`);
    }
  }
  const medians = kinds.map((kind) => mediansOf(kind.name, runs));
  return {
    text: fanoutTable(runs, medians),
    results: { medians, runs },
    failures: runs.filter((one) => one.server === ROOMCAST.name).flatMap(brokenPromises),
  };
}

async function measure(
  kind: ServerKind,
  options: Options,
  context: BenchContext,
  onSample: (sample: Sample) => void,
): Promise<FanoutRun> {
  const plan = {
    ...ALL_READ,
    clients: options.clients,
    room: options.room,
    rate: options.rate,
    payloadBytes: options.payload,
    tickMs: options.tick,
  };
  const load = {
    messagesPerSecond: options.clients * options.rate,
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
