import { setTimeout as sleep } from 'node:timers/promises';
import { kernelBytes } from '../host/kernel-memory.ts';
import { processCpu, residentBytes } from '../host/proc-stat.ts';
import type { Sample } from '../host/sample.ts';
import { type OptionValues, RUNS } from '../options.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import { thousands } from './fanout-table.ts';
import { type IdleReadings, type IdleRun, idleMedians, idleRun } from './idle-run.ts';
import { idleTable } from './idle-table.ts';
import { ALL_READ, withServer } from './one-server.ts';

const OPTIONS = {
  clients: { about: 'clients, none of which says anything', default: 10_000, min: 10, max: 19_000, whole: true },
  room: {
    about: 'clients per room (Roomcast; the raw sockets are in none)',
    default: 50,
    min: 1,
    max: 19_000,
    whole: true,
  },
  still: {
    about: 'seconds that all sit still while CPU is taken; keep-alives come every half minute',
    default: 60,
    min: 1,
    max: 3600,
    whole: false,
  },
  runs: RUNS,
  only: { about: 'measure one server', default: 'both', choices: ['both', 'raw', 'roomcast'] },
} as const;

type Options = OptionValues<typeof OPTIONS>;

/** Rounds of collecting and waiting before memory is read; it no longer falls after two here. */
const SETTLE_ROUNDS = 4;
const SETTLE_ROUND_MS = 500;
/** Of the progress of a run (guess). */
const JOINING_SHARE = 0.4;

export const idle: Scenario<typeof OPTIONS> = {
  name: 'idle',
  about: 'memory and CPU of joined clients that say nothing, above sockets of raw uWS',
  options: OPTIONS,
  quick: { clients: 500, still: 1, runs: 1 },
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
  const medians = kinds.map((kind) => idleMedians(kind.name, runs));
  return { text: idleTable(runs, medians), results: { medians, runs }, failures: [] };
}

async function measure(
  kind: ServerKind,
  options: Options,
  context: BenchContext,
  done: number,
  total: number,
): Promise<IdleRun> {
  const { progress } = context;
  const { clients } = options;
  const room = kind.dialect === 'raw' ? 0 : options.room;
  const plan = { ...ALL_READ, clients, room, rate: 0, payloadBytes: 0, tickMs: 1 };
  const place = `${done + 1}/${total} ${kind.name}`;
  const joining = ({ tally }: Sample): void =>
    progress.show((done + (JOINING_SHARE * tally.joined) / clients) / total, `${place}: ${tally.joined} joined`);
  return await withServer(kind, plan, context, joining, async ({ server, swarm }) => {
    const tenth = Math.floor(clients / 10);
    const [emptyBytes, kernelEmptyBytes] = [await settledBytes(server.pid), kernelBytes()];
    await swarm.connect(tenth);
    const tenthBytes = await settledBytes(server.pid);
    await swarm.connect(clients);
    const [fullBytes, kernelFullBytes] = [await settledBytes(server.pid), kernelBytes()];
    progress.show((done + JOINING_SHARE) / total, `${place}: ${clients} sit still for ${options.still} s`);
    const still = await stillCpu(server.pid, options.still);
    if (swarm.faults.length > 0) throw new Error(`clients did not stay:\n  ${swarm.faults.join('\n  ')}`);
    const readings = { clients, tenth, emptyBytes, tenthBytes, fullBytes, kernelEmptyBytes, kernelFullBytes };
    return idleRun(kind.name, { ...readings, ...still });
  });
}

/** Resident bytes when the server has collected its garbage (see servers/leash.ts) and given memory back. */
async function settledBytes(pid: number): Promise<number> {
  for (let round = 0; round < SETTLE_ROUNDS; round++) {
    process.kill(pid, 'SIGUSR2');
    await sleep(SETTLE_ROUND_MS);
  }
  return residentBytes(pid);
}

async function stillCpu(pid: number, seconds: number): Promise<Pick<IdleReadings, 'stillCpu' | 'stillSeconds'>> {
  const [cpu, startMs] = [processCpu(pid), performance.now()];
  await sleep(seconds * 1000);
  return { stillCpu: processCpu(pid) - cpu, stillSeconds: (performance.now() - startMs) / 1000 };
}
