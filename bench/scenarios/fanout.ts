import type { Sample } from '../host/sample.ts';
import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { launch, RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { Swarm } from '../swarm/swarm.ts';
import { brokenPromises, type FanoutRun, fanoutRun } from './fanout-run.ts';
import { fanoutTable, mediansOf, thousands } from './fanout-table.ts';
import { percent } from './validity.ts';

const OPTIONS = {
  clients: { about: 'clients in all', default: 500, min: 1, max: 19_000, whole: true },
  room: { about: 'clients per room', default: 50, min: 1, max: 19_000, whole: true },
  rate: { about: 'messages per second of each client', default: 100, min: 0.01, max: 10_000, whole: false },
  seconds: { about: 'measured, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  runs: RUNS,
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
  only: { about: 'measure one server', default: 'both', choices: ['both', 'raw', 'roomcast'] },
} as const;

const LOG_LINES_SHOWN = 5;

type Options = OptionValues<typeof OPTIONS>;

export const fanout: Scenario<typeof OPTIONS> = {
  name: 'fanout',
  about: 'every message goes to all members of its room: raw uWS publish beside Roomcast',
  options: OPTIONS,
  quick: { clients: 40, room: 10, rate: 20, seconds: 2, 'warm-up': 1, runs: 1 },
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const kinds = [RAW_UWS, ROOMCAST].filter((kind) => options.only === 'both' || options.only === kind.dialect);
  const runs: FanoutRun[] = [];
  const total = options.runs * kinds.length;
  for (let round = 0; round < options.runs; round++) {
    for (const kind of kinds) {
      const show = liveRates(options, context, runs.length, total, kind);
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
  { cores }: BenchContext,
  onSample: (sample: Sample) => void,
): Promise<FanoutRun> {
  const server = await launch(kind, cores.server);
  const plan: SwarmPlan = {
    dialect: kind.dialect,
    host: '127.0.0.1',
    ports: [server.port],
    clients: options.clients,
    room: options.room,
    rate: options.rate,
    payloadBytes: options.payload,
    slow: 0,
    stateBytes: 0,
    tickMs: options.tick,
    workers: Math.min(cores.swarm.length, options.clients),
    serverPids: [server.pid],
    swarmCores: cores.swarm,
  };
  const swarm = new Swarm(plan, onSample);
  try {
    await swarm.connect(options.clients);
    const loaded = await swarm.load(options['warm-up'] * 1000, options.seconds * 1000);
    const load = {
      messagesPerSecond: options.clients * options.rate,
      serverCores: cores.server,
      swarmCores: cores.swarm,
    };
    const faults = swarm.faults.length > 0 ? [...swarm.faults, ...server.log.slice(-LOG_LINES_SHOWN)] : [];
    return fanoutRun(kind.name, loaded, load, faults);
  } finally {
    await swarm.stop();
    await server.stop();
  }
}

/** Rates between the last two samples, and how far the whole scenario is by the time that it takes. */
function liveRates(options: Options, { progress }: BenchContext, done: number, total: number, kind: ServerKind) {
  const runMs = (options['warm-up'] + options.seconds) * 1000;
  const startMs = performance.now();
  let last: Sample | null = null;
  return (sample: Sample): void => {
    const share = Math.min(1, (performance.now() - startMs) / runMs);
    if (last !== null) {
      const seconds = (sample.atMs - last.atMs) / 1000;
      const rate = thousands((sample.tally.events - last.tally.events) / seconds);
      const server = percent((sample.serverCpu - last.serverCpu) / seconds);
      const swarm = percent((sample.swarmCpu - last.swarmCpu) / seconds);
      progress.show(
        (done + share) / total,
        `${done + 1}/${total} ${kind.name}: ${rate} events/s, server ${server}, swarm ${swarm}`,
      );
    }
    last = sample;
  };
}

function summary(run: FanoutRun): string {
  const speed = `${thousands(run.eventsPerSecond)} events/s, ${thousands(run.eventsPerCpuSecond)} per CPU-second`;
  return `${speed}, p99 ${run.p99Ms.toFixed(1)} ms${run.invalid.length > 0 ? ', INVALID' : ''}`;
}
