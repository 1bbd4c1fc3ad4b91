import { setTimeout as sleep } from 'node:timers/promises';
import { processCpu } from '../host/proc-stat.ts';
import type { BenchContext } from '../scenario.ts';
import { fetchCounters } from '../servers/node-counters.ts';
import { clusterOf, type PartKind, startTopology } from '../servers/topology.ts';

/** What one heartbeat between nodes costs, CPU of the two nodes and of Redis. Beats grow with the square of the nodes. */
export interface BeatCost {
  readonly nodeUs: number;
  readonly redisUs: number;
}

/** A cluster without clients, for a while. */
export interface QuietCluster {
  readonly seconds: number;
  readonly packets: number;
  readonly cpu: Readonly<Record<PartKind, number>>;
}

/**
 * A node beats to all others in one turn, so a beat is cheaper the more there are. Of a cluster that is worth planning
 * for, these are few: the figure is rather too high.
 */
const NODES = 8;
/** PEER_HEARTBEAT_MS: the least that a node takes, and the default. */
const OFTEN_MS = 10;
const DEFAULT_MS = 250;
/** Compilers and connections settle: a fresh node takes several times as much for a beat. */
const SETTLE_MS = 5000;

/** Two quiet clusters that differ in nothing but how often their nodes beat. */
export async function measureBeats(seconds: number, context: BenchContext): Promise<BeatCost> {
  const seldom = await quietCluster(DEFAULT_MS, seconds, context);
  return beatCost(seldom, await quietCluster(OFTEN_MS, seconds, context));
}

export function beatCost(seldom: QuietCluster, often: QuietCluster): BeatCost {
  const packets = often.packets / often.seconds - seldom.packets / seldom.seconds;
  const usOf = (kind: PartKind) => (often.cpu[kind] / often.seconds - seldom.cpu[kind] / seldom.seconds) * 1e6;
  return { nodeUs: usOf('node') / packets, redisUs: usOf('redis') / packets };
}

async function quietCluster(
  heartbeatMs: number,
  seconds: number,
  { cores, progress }: BenchContext,
): Promise<QuietCluster> {
  progress.show(0, `${NODES} nodes without clients, a heartbeat every ${heartbeatMs} ms`);
  const topology = await startTopology(clusterOf(NODES), cores.server, { PEER_HEARTBEAT_MS: String(heartbeatMs) });
  const ports = topology.nodes.map(({ port }) => port);
  const look = async () => {
    const { packets } = await fetchCounters(ports);
    return { atMs: performance.now(), packets, cpus: topology.processes.map(({ pid }) => processCpu(pid)) };
  };
  try {
    await sleep(SETTLE_MS);
    const from = await look();
    await sleep(seconds * 1000);
    const to = await look();
    const cpuOf = (kind: PartKind): number =>
      topology.processes.reduce(
        (sum, one, i) => sum + (one.kind === kind ? (to.cpus[i] ?? 0) - (from.cpus[i] ?? 0) : 0),
        0,
      );
    return {
      seconds: (to.atMs - from.atMs) / 1000,
      packets: to.packets - from.packets,
      cpu: { node: cpuOf('node'), redis: cpuOf('redis'), nginx: 0 },
    };
  } finally {
    await topology.stop();
  }
}
