/** One run of a seed: the world acts under faults, then heals, then ends; checkers look all the time. */
import { HEAL_WITHIN_MS, unhealed } from './check/healing.ts';
import { heldBy, leftAtStore, leftInStore, pendingIn, pendingInClient } from './check/leaks.ts';
import { NOT_JUDGED } from './check/report.ts';
import { Dice } from './dice.ts';
import { FAULTS, type Fault, Faults } from './faults/faults.ts';
import { type Tally, tallyOf } from './tally.ts';
import { Workload } from './workload.ts';
import { type Violation, World } from './world.ts';

export interface RunOptions {
  readonly faults?: readonly Fault[];
  readonly print?: (line: string) => void;
}

export interface RunResult {
  readonly seed: number;
  readonly violation: Violation | null;
  readonly traceHash: string;
  readonly tally: Tally;
  readonly virtualMs: number;
}

/** Checkers' reports are looked at after each of these. */
const STEP_MS = 50;
const BOOT_MS = 1_500;
/** Not in step with any period of the world, so that what is always under way at some phase is not taken for unhealed. */
const LOOK_MS = 373;
/** Clients go on for a while without faults. */
const CALM_MS = 2_000;
/** Beyond grace and idle time: sweeps, releases, back-offs. */
const SETTLE_MS = 12_000;
const STOP_MS = 8_000;

export async function run(seed: number, options: RunOptions = {}): Promise<RunResult> {
  const world = new World(seed, options.print ?? null);
  const faults = new Faults(world, options.faults ?? FAULTS);
  const { stackTraceLimit } = Error;
  // Refusals are errors, thousands in a run, and their stacks most of their cost.
  if (!options.print) Error.stackTraceLimit = 0;
  await live(world, faults).finally(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  const { trace } = world;
  const violation = world.violation?.rule === NOT_JUDGED ? null : world.violation;
  return { seed, violation, traceHash: trace.hash, tally: tallyOf(world, faults), virtualMs: trace.atMs };
}

async function live(world: World, faults: Faults): Promise<void> {
  const workload = new Workload(world);
  for (const id of world.plan.nodes) world.startNode(id);
  await pass(world, BOOT_MS);
  workload.start();
  faults.start();
  await pass(world, world.plan.activeMs);
  faults.stop();
  await pass(world, CALM_MS);
  workload.stop();
  await heal(world);
  if (world.violation) return;
  world.commands.judge(world.history.rooms, world.isRunning);
  world.history.losses.settle(world.isRunning);
  await end(world);
}

/** Time goes on until it is over or a rule is broken. */
async function pass(world: World, ms: number): Promise<void> {
  for (let left = ms; left > 0 && world.violation === null; left -= STEP_MS) {
    await world.clock.run(Math.min(left, STEP_MS));
    for (const node of world.nodes.values()) node.sweep();
    world.lookAtOwners();
  }
}

async function heal(world: World): Promise<void> {
  const { clients, history, trace } = world;
  let open: string | null = 'not looked yet';
  for (let leftMs = HEAL_WITHIN_MS; leftMs > 0 && open !== null && world.violation === null; leftMs -= LOOK_MS) {
    await pass(world, LOOK_MS);
    open = unhealed(clients, history, world.isRunning);
  }
  if (open !== null) world.report('heal', `after ${HEAL_WITHIN_MS / 1000} s ${open}`);
  trace.remark('run', () => 'healed');
  for (const client of clients) {
    if (client.core === null || client.core.status === 'closed') continue;
    for (const { view, core } of client.rooms.values()) view.shows(core.state, core.roster);
  }
}

async function end(world: World): Promise<void> {
  const { clients, history, plan, store, trace } = world;
  trace.remark('run', () => 'all clients go');
  const dice = new Dice(clients.length);
  for (const client of clients) {
    if (dice.chance(0.5)) for (const room of [...client.rooms.keys()]) void client.leave(room);
    else client.close();
  }
  await pass(world, 2_000);
  for (const client of clients) client.close();
  await pass(world, plan.graceMs + plan.node.roomIdleMs + SETTLE_MS);
  if (world.violation) return;
  const leak =
    first(world.running(), heldBy) ??
    leftInStore(store.master.store, history.rooms.values(), world.running()) ??
    first(clients, pendingInClient);
  if (leak !== null) return world.report('leak', leak);
  trace.remark('run', () => 'all nodes stop');
  for (const node of world.running()) void node.stop();
  await pass(world, STOP_MS);
  const pendingNodes = first(world.lives, (node) => {
    if (node.state === 'running' || node.state === 'stopping') return `${node.key} does not stop`;
    return pendingIn(node.key, node.process.timers);
  });
  const pending = pendingNodes ?? leftAtStore(store.master);
  if (pending !== null) world.report('leak', pending);
}

function first<T>(items: readonly T[], look: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
}
