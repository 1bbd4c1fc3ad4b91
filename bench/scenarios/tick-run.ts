import { spanBetween } from '../host/sample.ts';
import type { HistogramPairs } from '../swarm/plan.ts';
import type { Window } from '../swarm/swarm.ts';
import type { Climbed, Step } from './climb.ts';
import { histogramOf, type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

/** How many rooms, by what clock, on which cores. */
export interface TickLoad {
  readonly rooms: number;
  readonly clients: number;
  readonly ticksPerSec: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

/** So many rooms for a while: what came, and whether the server held them. */
export interface TickStep extends Step, Validity, Told {
  readonly rooms: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of the updates that the ticks of all rooms make for all members. */
  readonly madeShare: number;
  readonly updatesPerSecond: number;
  readonly updatesPerCpuSecond: number;
  readonly bytesPerCpuSecond: number;
  readonly swarmShare: number;
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly broken: number;
  readonly latencyUs: HistogramPairs;
}

/** Over the period of the tick. */
const LATE_MAX_MS = 5;
const MADE_SHARE_MIN = 0.95;

export function tickStep(window: Window, load: TickLoad): TickStep {
  const { from, to } = window;
  const span = spanBetween(from, to, load.serverCores, load.swarmCores);
  const latency = histogramOf(window.latencyUs);
  const p99Ms = latency.percentile(99) / 1000;
  const madeShare = span.events / (load.clients * load.ticksPerSec * span.seconds);
  return {
    ...validityOf(span, window.lateUs, 0, load.serverCores.length),
    rooms: load.rooms,
    p50Ms: latency.percentile(50) / 1000,
    p99Ms,
    maxMs: latency.percentile(100) / 1000,
    madeShare,
    held: p99Ms <= 1000 / load.ticksPerSec + LATE_MAX_MS && madeShare >= MADE_SHARE_MIN,
    updatesPerSecond: span.events / span.seconds,
    updatesPerCpuSecond: span.events / span.serverCpu,
    bytesPerCpuSecond: (to.tally.bytes - from.tally.bytes) / span.serverCpu,
    swarmShare: span.swarmCoreBusy,
    lost: to.tally.lost,
    doubled: to.tally.doubled,
    disordered: to.tally.disordered,
    broken: to.tally.broken,
    latencyUs: window.latencyUs,
    ...vitalsIn(window),
  };
}

/** One server at one rate: the most rooms that it held. */
export interface TickRun {
  readonly server: string;
  readonly ticksPerSec: number;
  readonly rooms: number;
  /** Of one core, where the server has several. */
  readonly roomsPerCore: number;
  readonly held: TickStep | null;
  readonly broke: TickStep | null;
  readonly steps: readonly TickStep[];
  readonly invalid: readonly string[];
}

export function tickRun(
  server: string,
  ticksPerSec: number,
  cores: number,
  rough: Climbed<TickStep>,
  fine: Climbed<TickStep> | null,
): TickRun {
  const held = fine?.held ?? rough.held;
  const broke = fine?.broke ?? rough.broke;
  const rooms = held?.rooms ?? 0;
  return {
    server,
    ticksPerSec,
    rooms,
    roomsPerCore: rooms / cores,
    held,
    broke,
    steps: [...rough.steps, ...(fine?.steps ?? [])],
    // What held under a disturbance held all the same; where it broke, the disturbance may have broken it.
    invalid: broke === null ? ['it held all rooms that it was given; give more with --rooms-max'] : broke.invalid,
  };
}

/** What a server lost although it held its rooms. */
export function brokenByTicks({ server, ticksPerSec, steps }: TickRun): string[] {
  const held = steps.filter((step) => step.held);
  return (['lost', 'doubled', 'disordered', 'broken'] as const).flatMap((what) => {
    const count = Math.max(0, ...held.map((step) => step[what]));
    return count > 0 ? [`${server}, ${ticksPerSec} ticks/s: ${count} ${what}`] : [];
  });
}
