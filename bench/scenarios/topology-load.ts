import type { Sample } from '../host/sample.ts';
import type { OptionValues } from '../options.ts';
import type { BenchContext } from '../scenario.ts';
import { countersBetween, fetchCounters } from '../servers/node-counters.ts';
import { startTopology, type TopologyPlan } from '../servers/topology.ts';
import { PAYLOAD_BYTES_MIN } from '../swarm/payload.ts';
import type { Spread } from '../swarm/spread.ts';
import { Swarm } from '../swarm/swarm.ts';
import { type TopologyRun, topologyRun } from './topology-run.ts';

/** Options of every scenario that puts one load on several topologies. */
export const LOAD_OPTIONS = {
  clients: { about: 'clients in all', default: 500, min: 2, max: 19_000, whole: true },
  room: { about: 'clients per room', default: 50, min: 1, max: 19_000, whole: true },
  seconds: { about: 'measured, after the warm-up', default: 10, min: 1, max: 600, whole: false },
  'warm-up': { about: 'seconds of load before that', default: 4, min: 0, max: 600, whole: false },
  payload: { about: 'bytes of each message', default: 40, min: PAYLOAD_BYTES_MIN, max: 16_384, whole: true },
  tick: { about: 'ms between two wake-ups of the swarm', default: 1, min: 0.1, max: 100, whole: false },
} as const;

export type LoadOptions = OptionValues<typeof LOAD_OPTIONS>;

export interface TopologyLoad {
  /** Messages per second of each client. */
  readonly rate: number;
  readonly spread?: Spread;
  readonly crossNode?: boolean;
  readonly onSample: (sample: Sample) => void;
}

const LOG_LINES_SHOWN = 5;

/** Starts the topology anew, puts the load on it, and stops it. All of its processes share the server's core. */
export async function loadTopology(
  plan: TopologyPlan,
  options: LoadOptions,
  { rate, spread = 'members', crossNode = false, onSample }: TopologyLoad,
  { cores }: BenchContext,
): Promise<TopologyRun> {
  const topology = await startTopology(plan, cores.server);
  const swarm = new Swarm(
    {
      dialect: plan.dialect,
      host: '127.0.0.1',
      ports: topology.ports,
      spread,
      crossNode,
      clients: options.clients,
      room: options.room,
      rate,
      payloadBytes: options.payload,
      slow: 0,
      stateBytes: 0,
      tickMs: options.tick,
      workers: Math.min(cores.swarm.length, options.clients),
      serverPids: topology.processes.map(({ pid }) => pid),
      swarmCores: cores.swarm,
    },
    onSample,
  );
  const metricPorts = plan.dialect === 'roomcast' ? topology.nodes.map(({ port }) => port) : [];
  try {
    await swarm.connect(options.clients);
    const before = await fetchCounters(metricPorts);
    const loaded = await swarm.load(options['warm-up'] * 1000, options.seconds * 1000);
    const counters = countersBetween(before, await fetchCounters(metricPorts));
    const load = {
      messagesPerSecond: options.clients * rate,
      serverCores: cores.server,
      swarmCores: cores.swarm,
    };
    const lastWords = topology.nodes.flatMap(({ log }) => log.slice(-LOG_LINES_SHOWN));
    const faults = swarm.faults.length > 0 ? [...swarm.faults, ...lastWords] : [];
    return topologyRun(plan, topology.processes, loaded, load, metricPorts.length > 0 ? counters : null, faults);
  } finally {
    await swarm.stop();
    await topology.stop();
  }
}
