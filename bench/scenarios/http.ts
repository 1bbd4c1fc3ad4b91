import { setTimeout as sleep } from 'node:timers/promises';
import { Cannon } from '../http/cannon.ts';
import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { ROOMCAST } from '../servers/launch.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import { brokenByHttp, type HttpRun, httpMedians, httpRun } from './http-run.ts';
import { httpTable } from './http-table.ts';
import { lossesOf, lossesText } from './losses.ts';
import { ALL_READ, type OneServer, withServer } from './one-server.ts';

const OPTIONS = {
  clients: { about: 'clients that send and read all the time', default: 200, min: 1, max: 19_000, whole: true },
  room: { about: 'clients per room', default: 20, min: 1, max: 1000, whole: true },
  rate: { about: 'messages per second of each client', default: 20, min: 0.01, max: 10_000, whole: false },
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  requests: {
    about: 'HTTP requests per second; 0: as fast as they are answered',
    default: 1000,
    min: 0,
    max: 100_000,
    whole: true,
  },
  connections: { about: 'HTTP connections, kept alive', default: 10, min: 1, max: 1000, whole: true },
  seconds: { about: 'of each window', default: 5, min: 1, max: 60, whole: true },
  runs: { ...RUNS, about: 'of a window without HTTP and one for each path', max: 20 },
  'warm-up': { about: 'seconds of load before the first window', default: 4, min: 0, max: 60, whole: false },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const PATHS = ['/healthz', '/readyz', '/metrics', '/api/rooms'] as const;
/** What the process of the requests takes to start; it goes on a little longer than the window. */
const START_MS = 1000;

export const http: Scenario<typeof OPTIONS> = {
  name: 'http',
  about: 'HTTP requests (autocannon) to a node whose sockets are busy, and what these feel of it',
  options: OPTIONS,
  quick: { clients: 20, room: 10, requests: 100, seconds: 1, runs: 1, 'warm-up': 1 },
  charts: [
    {
      kind: 'bars',
      title: 'CPU of an HTTP request',
      of: 'medians',
      by: 'path',
      value: 'usPerRequest',
      unit: 'µs of the server’s CPU per request',
      better: 'less',
    },
  ],
  run,
};

function run(options: Options, context: BenchContext): Promise<Outcome> {
  const plan = {
    ...ALL_READ,
    clients: options.clients,
    room: options.room,
    rate: options.rate,
    payloadBytes: options.payload,
    tickMs: options.tick,
  };
  return withServer(
    ROOMCAST,
    plan,
    context,
    () => {},
    (running) => measure(running, options, context),
  );
}

async function measure(running: OneServer, options: Options, context: BenchContext): Promise<Outcome> {
  const { swarm, faults } = running;
  const runs: HttpRun[] = [];
  const total = options.runs * (1 + PATHS.length);
  await swarm.connect(options.clients);
  await swarm.begin(options['warm-up'] * 1000);
  for (let round = 1; round <= options.runs; round++) {
    for (const path of pathsOf(round)) {
      context.progress.show(runs.length / total, `round ${round} of ${options.runs}: ${path ?? 'sockets alone'}`);
      const done = await window(round, path, running, options, context);
      runs.push(done);
      const asked = done.http === null ? '' : `, ${Math.round(done.http.requestsPerSecond)} requests/s`;
      context.progress.note(
        `${runs.length}/${total} ${path ?? 'sockets alone'}: p99 of messages ${done.p99Ms.toFixed(2)} ms${asked}`,
      );
    }
  }
  const { tally } = await swarm.end();
  const medians = [null, ...PATHS].map((path) => httpMedians(path, runs));
  const counts = lossesOf(tally);
  const broken = lossesText(counts);
  return {
    text: httpTable(runs, medians),
    results: { medians, counts, runs },
    failures: [...broken, ...faults(), ...brokenByHttp(runs)],
  };
}

async function window(
  round: number,
  path: string | null,
  { server, swarm }: OneServer,
  options: Options,
  { cores }: BenchContext,
): Promise<HttpRun> {
  const load = {
    messagesPerSecond: options.clients * options.rate,
    serverCores: cores.server,
    swarmCores: cores.swarm,
  };
  const measured = { measureMs: options.seconds * 1000, stopped: 0, stopMs: 0 };
  if (path === null) return httpRun(round, path, await swarm.window(measured), load, null);
  const cannon = new Cannon(
    {
      url: `http://127.0.0.1:${server.port}${path}`,
      connections: options.connections,
      rate: options.requests,
      seconds: options.seconds + (2 * START_MS) / 1000,
    },
    cores.swarm,
  );
  try {
    await sleep(START_MS);
    return httpRun(round, path, await swarm.window(measured), load, await cannon.result());
  } finally {
    await cannon.stop();
  }
}

/** Every other round backwards, so that what grows or falls with time favours none. */
function pathsOf(round: number): readonly (string | null)[] {
  const paths = [null, ...PATHS];
  return round % 2 === 1 ? paths : paths.reverse();
}
