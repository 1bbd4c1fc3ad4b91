import type { BenchContext } from '../scenario.ts';
import type { TopologyPlan } from '../servers/topology.ts';
import { liveRates } from './live-rates.ts';
import { Ramp } from './ramp.ts';
import { type LoadOptions, loadTopology } from './topology-load.ts';
import type { TopologyRun } from './topology-run.ts';

export interface Capacity {
  /** Messages per second of each client: the highest rate that held. */
  readonly rate: number;
  /** The swarm could not make more, so that the servers may hold more than that. */
  readonly isSwarmLimit: boolean;
  readonly steps: readonly RampStep[];
}

interface RampStep {
  readonly rate: number;
  /** Why it did not hold; null where it did. */
  readonly why: string | null;
}

/** Deliveries per second, all clients together, of the first step: a fraction of what any server here holds. */
const FIRST_EVENTS_PER_SECOND = 100_000;
/** Doubling from the first step takes five or so, closing in three. */
const PROBES_MAX = 12;
/** A queue that grows through a window of seconds shows as more than this (guess). */
const HELD_P99_MAX_MS = 100;
const HELD_SHARE_MIN = 0.98;
const SWARM_BUSY_MAX = 0.95;
const LATE_P99_MAX_MS = 20;
const SWARM_LIMIT = 'the swarm had no more';
const WARM_UP_SEC = 1;
/** What the progress bar counts with. */
const STEPS_EXPECTED = 8;

/** Why the servers did not keep up with the load, or null where they did. */
export function whyNotHeld(run: TopologyRun, membersPerRoom: number, swarmCores: number): string | null {
  const wanted = run.messagesPerSecond * membersPerRoom * run.span.seconds;
  const share = run.span.events / wanted;
  if (run.lost + run.doubled + run.disordered + run.refused + run.broken > 0) return 'events lost or clients refused';
  // By its own time: what others take of its cores shows as messages that are late.
  const swarmShare = run.span.swarmCpu / run.span.seconds / swarmCores;
  const sentShare = run.span.sent / (run.messagesPerSecond * run.span.seconds);
  if (swarmShare > SWARM_BUSY_MAX || sentShare < HELD_SHARE_MIN || run.lateP99Ms > LATE_P99_MAX_MS) return SWARM_LIMIT;
  if (share < HELD_SHARE_MIN) return `${(share * 100).toFixed(0)} % delivered in time`;
  if (run.p99Ms > HELD_P99_MAX_MS) return `p99 ${run.p99Ms.toFixed(0)} ms`;
  return null;
}

/** A short ramp: a fresh topology per step, so that no step inherits a queue. */
export async function findCapacity(
  plan: TopologyPlan,
  options: LoadOptions,
  seconds: number,
  context: BenchContext,
): Promise<Capacity> {
  const first = FIRST_EVENTS_PER_SECOND / (options.clients * options.room);
  const ramp = new Ramp(first, { step: 2, whole: false, probesMax: PROBES_MAX });
  const steps: RampStep[] = [];
  for (let rate = ramp.next(); rate !== null; rate = ramp.next()) {
    const name = `ramp of ${plan.name}, ${rate.toFixed(1)} msg/s`;
    const runMs = (WARM_UP_SEC + seconds) * 1000;
    const onSample = liveRates({ name, done: steps.length, total: STEPS_EXPECTED, runMs }, context.progress);
    const load = { ...options, seconds, 'warm-up': WARM_UP_SEC };
    const run = await loadTopology(plan, load, { rate, onSample }, context);
    const why = whyNotHeld(run, options.room, context.cores.swarm.length);
    steps.push({ rate, why });
    ramp.told(rate, why === null);
    context.progress.note(`${name}: ${why ?? 'held'}`);
  }
  const rate = ramp.best;
  if (rate === null) throw new Error(`${plan.name} held no rate at all: ${steps.at(-1)?.why}`);
  const lowestFailed = steps.filter(({ why }) => why !== null).sort((a, b) => a.rate - b.rate)[0];
  return { rate, isSwarmLimit: lowestFailed?.why === SWARM_LIMIT, steps };
}
