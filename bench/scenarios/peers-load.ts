import { type RunningRedis, startRedis } from '../host/redis.ts';
import type { Sample } from '../host/sample.ts';
import type { Contender } from '../peers/contenders.ts';
import type { BenchContext } from '../scenario.ts';
import { launch, type RunningServer } from '../servers/launch.ts';
import { Swarm } from '../swarm/swarm.ts';
import { type FanoutRun, fanoutRun } from './fanout-run.ts';
import { percent } from './validity.ts';

/** What all contenders have in common. */
export interface PeersLoad {
  readonly clients: number;
  readonly room: number;
  readonly payloadBytes: number;
  readonly warmUpMs: number;
  readonly measureMs: number;
}

export interface PeerRun extends FanoutRun {
  /** Messages per second of each client; for `tick`, rooms. */
  readonly offered: number;
  /** Why the server did not keep up with what was offered; empty when it did. */
  readonly behind: readonly string[];
}

const TICKS_PER_SEC = 60;
const TICK_MEMBERS = 10;
const TICK_SHARE_MIN = 0.95;
const TICK_P99_MAX_MS = 1000 / TICKS_PER_SEC + 5;
/** Deliveries in the window, of those that the messages scheduled in it lead to. */
const DELIVERED_SHARE_MIN = 0.97;
/** A queue that long after seconds of load goes on growing. */
const P99_MAX_MS = 200;
const LOG_LINES_SHOWN = 5;

/** One load on fresh processes: the contender's nodes, and its Redis beside them on the same cores. */
export async function runPeer(
  contender: Contender,
  load: PeersLoad,
  offered: number,
  { cores }: BenchContext,
  onSample: (sample: Sample) => void,
): Promise<PeerRun> {
  const { kind, job } = contender;
  const isTick = job === 'tick';
  const clients = isTick ? offered * TICK_MEMBERS : load.clients;
  const rate = isTick ? 0 : offered;
  const stops: (() => Promise<void>)[] = [];
  try {
    const redis = contender.redis ? await startRedis(cores.server) : null;
    if (redis !== null) stops.unshift(redis.stop);
    const nodes: RunningServer[] = [];
    for (let node = 0; node < contender.nodes; node++) {
      const server = await launch(onRedis(contender, redis), cores.server);
      nodes.push(server);
      stops.unshift(server.stop);
    }
    const swarm = new Swarm(
      {
        dialect: kind.dialect,
        host: '127.0.0.1',
        ports: nodes.map(({ port }) => port),
        ...contender.rooms,
        clients,
        room: isTick ? TICK_MEMBERS : load.room,
        rate,
        payloadBytes: load.payloadBytes,
        slow: 0,
        stateBytes: 0,
        tickMs: 1,
        workers: Math.min(cores.swarm.length, clients),
        serverPids: [...nodes.map(({ pid }) => pid), ...(redis === null ? [] : [redis.pid])],
        swarmCores: cores.swarm,
      },
      onSample,
    );
    stops.unshift(() => swarm.stop());
    await swarm.connect(clients);
    const loaded = await swarm.load(load.warmUpMs, load.measureMs);
    const log = nodes.flatMap((node) => node.log.slice(-LOG_LINES_SHOWN));
    const faults = swarm.faults.length > 0 ? [...swarm.faults, ...log] : [];
    const used = { messagesPerSecond: clients * rate, serverCores: cores.server, swarmCores: cores.swarm };
    const run = fanoutRun(kind.name, loaded, used, faults);
    if (!isTick) {
      const { sent, due } = loaded.end.tally;
      const offeredEvents = ((clients * rate * due) / sent) * run.span.seconds;
      return { ...run, offered, behind: behindOf(run, offeredEvents, DELIVERED_SHARE_MIN, P99_MAX_MS) };
    }
    const due = clients * TICKS_PER_SEC * run.span.seconds;
    // Ticks are no messages: nobody sent what would be due.
    const { lost, doubled } = loaded.end.tally;
    return { ...run, lost, doubled, offered, behind: behindOf(run, due, TICK_SHARE_MIN, TICK_P99_MAX_MS) };
  } finally {
    for (const stop of stops) await stop();
  }
}

function onRedis({ kind }: Contender, redis: RunningRedis | null): Contender['kind'] {
  return redis === null ? kind : { ...kind, env: { ...kind.env, REDIS_URL: redis.url } };
}

function behindOf(run: FanoutRun, due: number, shareMin: number, p99MaxMs: number): string[] {
  const reasons: string[] = [];
  const share = run.span.events / due;
  if (share < shareMin) reasons.push(`${percent(share)} delivered in time`);
  if (run.p99Ms > p99MaxMs) reasons.push(`p99 ${run.p99Ms.toFixed(0)} ms`);
  if (run.broken > 0) reasons.push(`${run.broken} sockets broken`);
  return reasons;
}
