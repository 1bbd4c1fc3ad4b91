import { setTimeout as sleep } from 'node:timers/promises';
import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { launch, ROOMCAST, type RunningServer } from '../servers/launch.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { Swarm } from '../swarm/swarm.ts';
import { lossesOf, lossesText } from './losses.ts';
import { brokenByReaders, type Kind, type SlowReaderRun, slowReaderRun } from './slow-reader-run.ts';
import { slowReaderMedians, slowReaderTable } from './slow-reader-table.ts';

const OPTIONS = {
  clients: { about: 'members that send and read all the time', default: 60, min: 2, max: 1000, whole: true },
  rate: { about: 'messages per second of each of them', default: 16, min: 0.1, max: 1000, whole: false },
  payload: { about: 'bytes of each message', default: 2000, min: PAYLOAD_BYTES_MIN, max: 15_000, whole: true },
  some: { about: 'readers that stop together, in the last kind of window', default: 6, min: 1, max: 100, whole: true },
  stop: {
    about: 'seconds that they do not read; over some 12 they are closed',
    default: 5,
    min: 0.5,
    max: 60,
    whole: false,
  },
  seconds: { about: 'of each window, longer than --stop', default: 8, min: 2, max: 90, whole: false },
  runs: { ...RUNS, about: 'of four windows each: none, none again, one, some', default: 7, max: 20 },
  'warm-up': { about: 'seconds of load before the first window', default: 4, min: 0, max: 60, whole: false },
  limit: { about: "KiB, the server's BACKPRESSURE_BYTES_MAX", default: 2048, min: 512, max: 65_536, whole: true },
  state: { about: 'KiB of state in the room', default: 64, min: 0, max: 256, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const KIB = 1024;
/** Between the readers' reading on and the end of the window, at least. */
const AFTER_STOP_SEC = 2;
/** For the server's forced collection, so that the memory of a window begins without garbage of the one before. */
const COLLECT_MS = 1000;
/** Stamps in payloads are 32 bits of µs. */
const LOAD_MS_MAX = 4_000_000;

export const slowReader: Scenario<typeof OPTIONS> = {
  name: 'slow-reader',
  about: 'what members that stop reading cost the node and the other members of their room',
  options: OPTIONS,
  quick: { clients: 10, rate: 48, payload: 8000, stop: 2, seconds: 4, limit: 512, runs: 1, 'warm-up': 1 },
  charts: [
    {
      kind: 'bars',
      title: 'What others feel of readers that stop',
      by: 'kind',
      value: 'p99Ms',
      unit: 'ms, 99 % of the events of those who read within',
      better: 'less',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  if (options.seconds < options.stop + AFTER_STOP_SEC) {
    throw new OptionFault(`--seconds must be at least --stop and ${AFTER_STOP_SEC} more, to see them read on`);
  }
  if (options.runs * 4 * (options.seconds * 1000 + COLLECT_MS) > LOAD_MS_MAX) {
    throw new OptionFault('--runs and --seconds together make more than an hour of load');
  }
  const limitBytes = options.limit * KIB;
  const server = await launch(
    {
      ...ROOMCAST,
      env: {
        ...ROOMCAST.env,
        BACKPRESSURE_BYTES_MAX: String(limitBytes),
        STATE_BYTES_MAX: String((options.state + 64) * KIB),
      },
    },
    context.cores.server,
  );
  try {
    return await measure(server, options, limitBytes, context);
  } finally {
    await server.stop();
  }
}

async function measure(
  server: RunningServer,
  options: Options,
  limitBytes: number,
  { cores, progress }: BenchContext,
): Promise<Outcome> {
  const swarm = new Swarm(
    {
      dialect: ROOMCAST.dialect,
      host: '127.0.0.1',
      ports: [server.port],
      clients: options.clients,
      room: options.clients,
      rate: options.rate,
      payloadBytes: options.payload,
      slow: Math.max(1, options.some),
      stateBytes: options.state * KIB,
      tickMs: options.tick,
      workers: Math.min(cores.swarm.length, options.clients),
      serverPids: [server.pid],
      swarmCores: cores.swarm,
    },
    () => {},
  );
  const load = {
    messagesPerSecond: options.clients * options.rate,
    serverCores: cores.server,
    swarmCores: cores.swarm,
  };
  const runs: SlowReaderRun[] = [];
  try {
    await swarm.connect(options.clients);
    await swarm.begin(options['warm-up'] * 1000);
    for (let round = 1; round <= options.runs; round++) {
      for (const kind of kindsOf(round)) {
        progress.show(runs.length / (4 * options.runs), `round ${round} of ${options.runs}: ${kind}`);
        process.kill(server.pid, 'SIGUSR2');
        await sleep(COLLECT_MS);
        const window = await swarm.window({
          measureMs: options.seconds * 1000,
          stopped: stoppedIn(kind, options.some),
          stopMs: options.stop * 1000,
        });
        const done = slowReaderRun(round, kind, window, load);
        runs.push(done);
        progress.note(`${runs.length}/${4 * options.runs} ${kind}: ${summary(done)}`);
      }
    }
    const { tally } = await swarm.end();
    const medians = slowReaderMedians(runs);
    const counts = lossesOf(tally);
    const broken = lossesText(counts);
    return {
      text: slowReaderTable(runs, medians),
      results: { medians, counts, runs },
      failures: [...broken, ...swarm.faults, ...brokenByReaders(runs, limitBytes)],
    };
  } finally {
    await swarm.stop();
  }
}

/** Every other round backwards, so that what grows or falls with time favours none. */
function kindsOf(round: number): readonly Kind[] {
  const kinds: Kind[] = ['quiet', 'one', 'control', 'some'];
  return round % 2 === 1 ? kinds : kinds.reverse();
}

function stoppedIn(kind: Kind, some: number): number {
  return kind === 'one' ? 1 : kind === 'some' ? some : 0;
}

function summary(run: SlowReaderRun): string {
  const invalid = run.invalid.length > 0 ? ', INVALID' : '';
  return `p50 ${run.p50Ms.toFixed(2)} ms, p99 ${run.p99Ms.toFixed(2)} ms, max ${run.maxMs.toFixed(1)} ms${invalid}`;
}
