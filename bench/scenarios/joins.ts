import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { RAW_UWS, ROOMCAST } from '../servers/launch.ts';
import { type Arrival, brokenByJoins, type JoinsRun, joinsMedians, joinsRun } from './joins-run.ts';
import { joinsTable } from './joins-table.ts';
import { ALL_READ, withServer } from './one-server.ts';

const OPTIONS = {
  clients: { about: 'clients of the storm', default: 8000, min: 10, max: 19_000, whole: true },
  rate: { about: 'of them that connect and join per second', default: 1000, min: 1, max: 20_000, whole: false },
  room: { about: 'clients of the storm per room', default: 4, min: 1, max: 1000, whole: true },
  runs: RUNS,
} as const;

type Options = OptionValues<typeof OPTIONS>;

const ARRIVALS: readonly Arrival[] = ['raw', 'cold', 'warm'];
/** The swarm has that many clients at the most. */
const CLIENTS_MAX = 19_000;

export const joins: Scenario<typeof OPTIONS> = {
  name: 'joins',
  about: 'a storm of clients that connect, say HELLO and join, beside connects to raw uWS',
  options: OPTIONS,
  quick: { clients: 400, rate: 200, runs: 1 },
  charts: [
    {
      kind: 'bars',
      title: 'Joins per CPU-second',
      by: 'arrival',
      value: 'joinsPerCpuSecond',
      unit: 'connects and joins per CPU-second of the server',
      better: 'more',
    },
    {
      kind: 'percentiles',
      title: 'Time to join',
      by: 'arrival',
      histogram: 'latencyUs',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  if (options.clients + firstOf(options) > CLIENTS_MAX) {
    throw new OptionFault(`--clients and one more for each --room of them are more than ${CLIENTS_MAX}`);
  }
  const runs: JoinsRun[] = [];
  const total = options.runs * ARRIVALS.length;
  for (let round = 0; round < options.runs; round++) {
    for (const arrival of ARRIVALS) {
      const done = await measure(arrival, options, context, runs.length, total);
      runs.push(done);
      const perCpu = `${Math.round(done.joinsPerCpuSecond)} joins per CPU-second, p99 ${done.p99Ms.toFixed(1)} ms`;
      context.progress.note(`${runs.length}/${total} ${arrival}: ${perCpu}`);
    }
  }
  const medians = ARRIVALS.map((arrival) => joinsMedians(arrival, runs));
  return {
    text: joinsTable(runs, medians),
    results: { medians, runs },
    failures: runs.filter(({ arrival }) => arrival !== 'raw').flatMap(brokenByJoins),
  };
}

/** Clients before the storm, one for each of its rooms: they warm the server up, and are the residents of warm rooms. */
function firstOf({ clients, room }: Options): number {
  return Math.ceil(clients / room);
}

async function measure(
  arrival: Arrival,
  options: Options,
  context: BenchContext,
  done: number,
  total: number,
): Promise<JoinsRun> {
  const { cores, progress } = context;
  const kind = arrival === 'raw' ? RAW_UWS : ROOMCAST;
  const first = firstOf(options);
  const residents = arrival === 'warm' ? first : 0;
  const clients = first + options.clients;
  const plan = { ...ALL_READ, clients, room: options.room, residents, rate: 0, payloadBytes: 0, tickMs: 1 };
  return await withServer(
    kind,
    plan,
    context,
    ({ tally }) => {
      const share = tally.joined / clients;
      progress.show((done + share) / total, `${done + 1}/${total} ${arrival}: ${tally.joined} of ${clients} joined`);
    },
    async ({ swarm, faults }) => {
      await swarm.connect(first);
      const loaded = await swarm.storm(options.rate);
      const load = {
        arrival,
        clients: options.clients,
        rate: options.rate,
        serverCores: cores.server,
        swarmCores: cores.swarm,
      };
      return joinsRun(kind.name, loaded, load, faults());
    },
  );
}
