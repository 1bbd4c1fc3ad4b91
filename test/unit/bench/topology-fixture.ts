import { type TopologyRun, topologyRun } from '../../../bench/scenarios/topology-run.ts';
import type { NodeCounters } from '../../../bench/servers/node-counters.ts';
import { clusterOf, type TopologyPlan } from '../../../bench/servers/topology.ts';
import { newTallyMemory, sumTallies, Tally } from '../../../bench/swarm/tally.ts';

export interface RunFixture {
  readonly plan?: TopologyPlan;
  /** Delivered in ten seconds, and so many of them due. */
  readonly events?: number;
  readonly due?: number;
  readonly nodeCpu?: number;
  readonly redisCpu?: number;
  readonly latencyUs?: [number, number][];
  readonly counters?: NodeCounters;
  /** Busy share of the swarm's core. */
  readonly swarm?: number;
  /** Of the swarm's own process. */
  readonly swarmCpu?: number;
}

const MESSAGES = 1000;

/** One run of ten seconds whose server core nobody else uses. */
export function runOf(fixture: RunFixture = {}): TopologyRun {
  const { plan = clusterOf(2), nodeCpu = 2, redisCpu = 1, events = 50_000, latencyUs = [], swarm = 0.5 } = fixture;
  const tally = { ...sumTallies([new Tally(newTallyMemory())]), sent: MESSAGES, events, due: fixture.due ?? events };
  const serverCpus = [nodeCpu / 2, redisCpu, nodeCpu / 2];
  const busy = nodeCpu + redisCpu;
  const cores = [
    { core: 0, busy, idle: 10 - busy, stolen: 0 },
    { core: 1, busy: swarm * 10, idle: 10 - swarm * 10, stolen: 0 },
  ];
  const from = {
    atMs: 0,
    tally: sumTallies([]),
    serverCpu: 0,
    serverCpus: [0, 0, 0],
    serverBytes: 0,
    swarmCpu: 0,
    cores: cores.map(({ core }) => ({ core, busy: 0, idle: 0, stolen: 0 })),
  };
  const to = { ...from, atMs: 10_000, tally, swarmCpu: fixture.swarmCpu ?? 5, serverCpu: busy, serverCpus, cores };
  const loaded = { is: 'loaded' as const, from, to, end: to, latencyUs, lateUs: [] };
  const processes = (['node', 'redis', 'node'] as const).map((kind, i) => ({ kind, pid: 100 + i }));
  const load = { messagesPerSecond: MESSAGES / 10, serverCores: [0], swarmCores: [1] };
  return topologyRun(plan, processes, loaded, load, fixture.counters ?? null, []);
}
