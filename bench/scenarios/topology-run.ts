import type { NodeCounters } from '../servers/node-counters.ts';
import type { PartKind, Topology, TopologyPlan } from '../servers/topology.ts';
import type { Loaded } from '../swarm/swarm.ts';
import { type FanoutLoad, type FanoutRun, fanoutRun } from './fanout-run.ts';
import { histogramOf } from './validity.ts';

/** Several processes under one load: what came out, and what each kind of them took for it. */
export interface TopologyRun extends FanoutRun {
  readonly plan: TopologyPlan;
  readonly messagesPerSecond: number;
  readonly p95Ms: number;
  /** CPU seconds of all processes of a kind, in the measured window. */
  readonly cpu: Readonly<Record<PartKind, number>>;
  /** What the nodes did per event delivered, from the first message to the last delivery; null for raw uWS. */
  readonly perDelivery: NodeCounters | null;
}

export function topologyRun(
  plan: TopologyPlan,
  processes: Topology['processes'],
  loaded: Loaded,
  load: FanoutLoad,
  counters: NodeCounters | null,
  faults: readonly string[],
): TopologyRun {
  const run = fanoutRun(plan.name, loaded, load, faults);
  const cpuOf = (kind: PartKind): number =>
    run.span.serverCpus.reduce((sum, cpu, i) => sum + (processes[i]?.kind === kind ? cpu : 0), 0);
  const delivered = Math.max(1, loaded.end.tally.events);
  return {
    ...run,
    plan,
    messagesPerSecond: load.messagesPerSecond,
    p95Ms: histogramOf(loaded.latencyUs).percentile(95) / 1000,
    cpu: { node: cpuOf('node'), redis: cpuOf('redis'), nginx: cpuOf('nginx') },
    perDelivery: counters === null ? null : perDelivery(counters, delivered),
  };
}

function perDelivery(counters: NodeCounters, delivered: number): NodeCounters {
  return {
    events: counters.events / delivered,
    frames: counters.frames / delivered,
    packets: counters.packets / delivered,
    commits: counters.commits / delivered,
  };
}

/** Nanoseconds of CPU that a kind of process took for each event delivered. */
export function nsPerEvent(run: TopologyRun, kind: PartKind): number {
  return (run.cpu[kind] / Math.max(1, run.span.events)) * 1e9;
}
