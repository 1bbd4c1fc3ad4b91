import { sumTallies, type Tally, type TallySum } from '../swarm/tally.ts';
import { type CoreTimes, coreTimes, processCpu, residentBytes } from './proc-stat.ts';

/** Everything that a rate is made of, read at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly tally: TallySum;
  readonly serverCpu: number;
  /** Of each server process, in the order of their pids. */
  readonly serverCpus: readonly number[];
  readonly serverBytes: number;
  readonly swarmCpu: number;
  readonly cores: readonly CoreTimes[];
}

export function takeSample(tallies: readonly Tally[], serverPids: readonly number[]): Sample {
  const serverCpus = serverPids.map(processCpu);
  return {
    atMs: performance.now(),
    tally: sumTallies(tallies),
    serverCpu: sumOf(serverCpus, (cpu) => cpu),
    serverCpus,
    serverBytes: serverPids.reduce((sum, pid) => sum + residentBytes(pid), 0),
    swarmCpu: processCpu(process.pid),
    cores: coreTimes(),
  };
}

/** What happened between two samples. */
export interface Span {
  readonly seconds: number;
  readonly events: number;
  readonly sent: number;
  readonly reads: number;
  readonly serverCpu: number;
  readonly serverCpus: readonly number[];
  readonly swarmCpu: number;
  /** 0–1, of the cores named; whoever used them. */
  readonly serverCoreBusy: number;
  readonly swarmCoreBusy: number;
  readonly stolen: number;
}

export function spanBetween(
  from: Sample,
  to: Sample,
  serverCores: readonly number[],
  swarmCores: readonly number[],
): Span {
  const seconds = (to.atMs - from.atMs) / 1000;
  return {
    seconds,
    events: to.tally.events - from.tally.events,
    sent: to.tally.sent - from.tally.sent,
    reads: to.tally.reads - from.tally.reads,
    serverCpu: to.serverCpu - from.serverCpu,
    serverCpus: to.serverCpus.map((cpu, i) => cpu - (from.serverCpus[i] ?? 0)),
    swarmCpu: to.swarmCpu - from.swarmCpu,
    serverCoreBusy: busyShare(from, to, serverCores),
    swarmCoreBusy: busyShare(from, to, swarmCores),
    stolen: sumOf(to.cores, (core) => core.stolen) - sumOf(from.cores, (core) => core.stolen),
  };
}

function busyShare(from: Sample, to: Sample, cores: readonly number[]): number {
  const among = (core: CoreTimes) => cores.includes(core.core);
  const busyIn = (sample: Sample) => sumOf(sample.cores.filter(among), (core) => core.busy);
  const allIn = (sample: Sample) => sumOf(sample.cores.filter(among), (core) => core.busy + core.idle + core.stolen);
  return (busyIn(to) - busyIn(from)) / Math.max(allIn(to) - allIn(from), 0.01);
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}
