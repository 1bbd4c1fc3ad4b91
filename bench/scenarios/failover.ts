import { must } from '../../src/base/assert.ts';
import { OptionFault, type OptionValues, RUNS } from '../options.ts';
import { nowMs } from '../probes/probe.ts';
import { Probes } from '../probes/probes.ts';
import { PROBE_ROOMS } from '../probes/room-name.ts';
import type { BenchContext, Outcome, Scenario } from '../scenario.ts';
import { clusterOf, startTopology, type Topology } from '../servers/topology.ts';
import type { SwarmPlan } from '../swarm/plan.ts';
import { nodeOf } from '../swarm/spread.ts';
import { Swarm } from '../swarm/swarm.ts';
import { brokenByCrash, type FailoverLoad, type FailoverRun, failoverRun } from './failover-run.ts';
import { failoverTable, pauseRows } from './failover-table.ts';
import { liveRates } from './live-rates.ts';
import { sharedCoreNote } from './shared-core.ts';

const OPTIONS = {
  clients: {
    about: 'raw clients that make the load, in rooms of one node each',
    default: 300,
    min: 3,
    max: 19_000,
    whole: true,
  },
  room: { about: 'raw clients per room', default: 50, min: 1, max: 19_000, whole: true },
  rate: { about: 'messages per second of each raw client', default: 5, min: 0.01, max: 1000, whole: false },
  probes: {
    about: 'clients that reconnect, in rooms of their own over all nodes',
    default: 72,
    min: 36,
    max: 2000,
    whole: true,
  },
  'probe-room': { about: 'probes per room', default: 6, min: 2, max: 50, whole: true },
  'probe-rate': { about: 'messages per second of each probe', default: 20, min: 1, max: 100, whole: false },
  before: { about: 'seconds of load before the crash', default: 5, min: 1, max: 60, whole: false },
  after: { about: 'seconds of load after it', default: 8, min: 1, max: 60, whole: false },
  runs: { ...RUNS, about: 'crashes; each node is the victim in turn', default: 6 },
} as const;

type Options = OptionValues<typeof OPTIONS>;

const NODES = 3;
const PAYLOAD_BYTES = 40;
const TICK_MS = 1;
/**
 * SNAPSHOT_LATEST_MS: rooms under load are written that often, counted from the begin of the load. Crashes come at
 * different moments of that period, or all of them would find equally fresh snapshots.
 */
const SNAPSHOT_PERIOD_MS = 1000;

export const failover: Scenario<typeof OPTIONS> = {
  name: 'failover',
  about: 'kill -9 of one of 3 nodes under load: how long its clients and the others hear nothing, and what is lost',
  options: OPTIONS,
  quick: { clients: 60, room: 10, probes: 36, before: 2, after: 4, runs: 1 },
  needs: ['redis-server'],
  charts: [
    {
      kind: 'bars',
      title: 'The longest pause when a node is killed',
      of: 'pauses',
      by: 'group',
      value: 'after.p50Ms',
      unit: 'ms without an event, median client',
      better: 'less',
    },
  ],
  run,
};

async function run(options: Options, context: BenchContext): Promise<Outcome> {
  if (options.clients / options.room < NODES || options.probes / options['probe-room'] < 2 * NODES) {
    throw new OptionFault(`--clients must fill ${NODES} rooms, and --probes ${2 * NODES}, or some nodes own none`);
  }
  const runs: FailoverRun[] = [];
  while (runs.length < options.runs) {
    const done = await crashOnce(runs.length, options, context);
    runs.push(done);
    const [lost] = pauseRows([done]);
    const pause = `clients of node${done.victim + 1} paused p50 ${lost?.after.p50Ms.toFixed(0)} ms`;
    context.progress.note(`${runs.length}/${options.runs} ${pause}${done.invalid.length > 0 ? ', INVALID' : ''}`);
  }
  const rows = pauseRows(runs);
  return {
    text: `${failoverTable(runs, rows)}\n\n${sharedCoreNote(context.cores)}`,
    results: { pauses: rows, runs },
    failures: runs.flatMap(brokenByCrash),
  };
}

async function crashOnce(number: number, options: Options, context: BenchContext): Promise<FailoverRun> {
  const { cores, progress } = context;
  const victim = number % NODES;
  const runMs = (options.before + options.after) * 1000;
  const onSample = liveRates(
    { name: `kill -9 of node${victim + 1}`, done: number, total: options.runs, runMs },
    progress,
  );
  const topology = await startTopology(clusterOf(NODES), cores.server, { ROOMS_RELAY: PROBE_ROOMS });
  const plan = swarmPlan(topology, victim, options, context);
  const swarm = new Swarm(plan, onSample);
  const { probes: count, 'probe-room': room, 'probe-rate': rate } = options;
  const probes = new Probes({ host: plan.host, ports: plan.ports, probes: count, room, rate }, cores.swarm);
  try {
    await probes.join();
    await swarm.connect(options.clients);
    await probes.send();
    await swarm.begin(options.before * 1000 + phaseOf(number) * SNAPSHOT_PERIOD_MS);
    const crashedAtMs = nowMs();
    process.kill(must(topology.nodes[victim], 'the victim').pid, 'SIGKILL');
    const window = await swarm.window({ measureMs: options.after * 1000, stopped: 0, stopMs: 0 });
    const report = await probes.end(crashedAtMs);
    return failoverRun(victim, report, window, await swarm.end(), loadAfter(victim, plan, cores.server));
  } finally {
    await Promise.all([probes.stop(), swarm.stop()]);
    await topology.stop();
  }
}

/** 0–1, evenly spread over the runs whatever their number: multiples of the golden ratio. */
function phaseOf(run: number): number {
  return (run * 0.618_034) % 1;
}

/** The victim is not sampled, as it is gone for half of the time. */
function swarmPlan(topology: Topology, victim: number, options: Options, { cores }: BenchContext): SwarmPlan {
  const victimPid = topology.nodes[victim]?.pid;
  return {
    dialect: 'roomcast',
    host: '127.0.0.1',
    ports: topology.ports,
    spread: 'rooms',
    clients: options.clients,
    room: options.room,
    rate: options.rate,
    payloadBytes: PAYLOAD_BYTES,
    slow: 0,
    stateBytes: 0,
    tickMs: TICK_MS,
    workers: Math.min(cores.swarm.length, options.clients),
    serverPids: topology.processes.map(({ pid }) => pid).filter((pid) => pid !== victimPid),
    swarmCores: cores.swarm,
  };
}

function loadAfter(victim: number, plan: SwarmPlan, serverCores: readonly number[]): FailoverLoad {
  const clientsLost = Array.from({ length: plan.clients }, (_, client) => nodeOf(plan, client)).filter(
    (node) => node === victim,
  ).length;
  const messagesPerSecond = (plan.clients - clientsLost) * plan.rate;
  return { messagesPerSecond, clientsLost, serverCores, swarmCores: plan.swarmCores };
}
