import { setTimeout as sleep } from 'node:timers/promises';
import { residentBytes } from '../host/proc-stat.ts';
import { type OptionValues, RUNS } from '../options.ts';
import { median } from '../report/median.ts';
import { table } from '../report/table.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { launch, RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { Swarm } from '../swarm/swarm.ts';
import { thousands } from './fanout-table.ts';

const OPTIONS = {
  clients: { about: 'clients, none of which says anything', default: 10_000, min: 10, max: 19_000, whole: true },
  room: {
    about: 'clients per room (Roomcast; the raw sockets are in none)',
    default: 50,
    min: 1,
    max: 19_000,
    whole: true,
  },
  runs: RUNS,
  only: { about: 'measure one server', default: 'both', choices: ['both', 'raw', 'roomcast'] },
} as const;

type Options = OptionValues<typeof OPTIONS>;

interface IdleRun {
  readonly server: string;
  readonly emptyBytes: number;
  readonly tenthBytes: number;
  readonly fullBytes: number;
  /** All that grew since the empty server, per client: warm-up of code and heap included. */
  readonly perClient: number;
  /** What each of the last nine tenths of the clients added. */
  readonly perFurtherClient: number;
}

/** Rounds of collecting and waiting before memory is read; it no longer falls after two here. */
const SETTLE_ROUNDS = 4;
const SETTLE_ROUND_MS = 500;

export const idle: Scenario<typeof OPTIONS> = {
  name: 'idle',
  about: 'resident memory of joined clients that say nothing, above sockets of raw uWS',
  options: OPTIONS,
  quick: { clients: 500, runs: 1 },
  charts: [
    {
      kind: 'bars',
      title: 'Memory of a client that is joined and silent',
      by: 'server',
      value: 'perClient',
      unit: 'resident bytes per client',
      better: 'less',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  const kinds = [RAW_UWS, ROOMCAST].filter((kind) => options.only === 'both' || options.only === kind.dialect);
  const runs: IdleRun[] = [];
  const total = options.runs * kinds.length;
  for (let round = 0; round < options.runs; round++) {
    for (const kind of kinds) {
      const done = await measure(kind, options, context, runs.length, total);
      runs.push(done);
      context.progress.note(`${runs.length}/${total} ${kind.name}: ${thousands(done.perClient)} bytes per client`);
    }
  }
  const medians = kinds.map((kind) => {
    const own = runs.filter((one) => one.server === kind.name);
    return {
      server: kind.name,
      perClient: median(own.map((one) => one.perClient)),
      perFurtherClient: median(own.map((one) => one.perFurtherClient)),
    };
  });
  return { text: idleTable(runs, medians), results: { medians, runs }, failures: [] };
}

async function measure(
  kind: ServerKind,
  options: Options,
  { cores, progress }: BenchContext,
  done: number,
  total: number,
): Promise<IdleRun> {
  const server = await launch(kind, cores.server);
  const plan = {
    dialect: kind.dialect,
    host: '127.0.0.1',
    ports: [server.port],
    clients: options.clients,
    room: kind.dialect === 'raw' ? 0 : options.room,
    rate: 1,
    payloadBytes: 12,
    slow: 0,
    stateBytes: 0,
    tickMs: 1,
    workers: 1,
    serverPids: [server.pid],
    swarmCores: cores.swarm,
  };
  const swarm = new Swarm(plan, ({ tally }) => {
    const share = tally.joined / options.clients;
    progress.show((done + share) / total, `${done + 1}/${total} ${kind.name}: ${tally.joined} clients joined`);
  });
  try {
    const tenth = Math.floor(options.clients / 10);
    const emptyBytes = await settledBytes(server.pid);
    await swarm.connect(tenth);
    const tenthBytes = await settledBytes(server.pid);
    await swarm.connect(options.clients);
    const fullBytes = await settledBytes(server.pid);
    if (swarm.faults.length > 0) throw new Error(`clients did not stay:\n  ${swarm.faults.join('\n  ')}`);
    return {
      server: kind.name,
      emptyBytes,
      tenthBytes,
      fullBytes,
      perClient: (fullBytes - emptyBytes) / options.clients,
      perFurtherClient: (fullBytes - tenthBytes) / (options.clients - tenth),
    };
  } finally {
    await swarm.stop();
    await server.stop();
  }
}

/** Resident bytes when the server has collected its garbage (see servers/leash.ts) and given memory back. */
async function settledBytes(pid: number): Promise<number> {
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    process.kill(pid, 'SIGUSR2');
    await sleep(SETTLE_ROUND_MS);
  }
  return residentBytes(pid);
}

function idleTable(
  runs: readonly IdleRun[],
  medians: readonly Pick<IdleRun, 'server' | 'perClient' | 'perFurtherClient'>[],
) {
  const head = ['server', 'empty kB', 'full kB', 'bytes/client', 'bytes/further client'];
  const kB = (bytes: number) => thousands(bytes / 1024);
  const rows = runs.map((one) => [
    one.server,
    kB(one.emptyBytes),
    kB(one.fullBytes),
    thousands(one.perClient),
    thousands(one.perFurtherClient),
  ]);
  const middles = medians.map((m) => [
    `median ${m.server}`,
    '',
    '',
    thousands(m.perClient),
    thousands(m.perFurtherClient),
  ]);
  const [base, other] = medians;
  const lines = [table(head, [...rows, ...middles])];
  if (base !== undefined && other !== undefined) {
    const above = thousands(other.perClient - base.perClient);
    const further = thousands(other.perFurtherClient - base.perFurtherClient);
    lines.push('', `A client joined costs ${above} bytes above a socket of ${base.server} (further ones ${further})`);
  }
  return lines.join('\n');
}
