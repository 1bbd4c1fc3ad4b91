/** A node as a process: sockets, HTTP, Redis and metrics around its core. Several may live in one process. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import { realClock } from '../base/real-clock.ts';
import { systemRng } from '../base/rng.ts';
import { nodeKey } from '../cluster/node-key.ts';
import type { Config } from '../config/settings.ts';
import { Routes } from '../gateway/routes.ts';
import { Server } from '../gateway/server.ts';
import type { RoomDefinition } from '../room/definition.ts';
import type { Utilization } from '../room/flush-pace.ts';
import { RoomTypes } from '../room/types.ts';
import { type AccessTokens, JwtTokens, noTokens } from '../session/access-token.ts';
import { randomPool } from '../session/random-pool.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { loadRooms } from './load-rooms.ts';
import { NodeCore } from './node-core.ts';
import { CoreView } from './node-view.ts';
import { openStores, type Stores } from './stores.ts';
import { Watch } from './watch.ts';

export interface RunningNode {
  readonly id: string;
  readonly port: number;
  /**
   * Before `stop`, for a deploy: takes no more clients, hands its rooms to other nodes and asks its clients to come again.
   * Settles when they have gone, after DRAIN_TIMEOUT_MS, where no other node is there, or when `stop` is called.
   */
  drain(): Promise<void>;
  /** Gives the rooms back, closes the sockets with 4000, and ends everything that the node has running. Any number of calls. */
  stop(): Promise<void>;
}

const INCARNATION_BYTES = 6;
const SECRET_BYTES = 32;
/** How long a HELLO waits for the session store before it goes on by its token alone. */
const SESSION_STORE_TIMEOUT_MS = 1000;
/** Close frames and last packets get this long to leave before the sockets are cut. */
const CLOSING_MS = 200;

/** What `stop` needs at the most, behind a Redis that hangs. Whoever starts a process waits for DRAIN_TIMEOUT_MS and this. */
export const STOP_WITHIN_MS = 10_000;

/** `definitions` are served beside those of ROOMS_DIR. Rejects when the configuration can't be served. */
export async function startNode(
  config: Config,
  log: Logger,
  definitions: readonly RoomDefinition[] = [],
): Promise<RunningNode> {
  const loaded = config.roomsDir === null ? [] : await loadRooms(config.roomsDir);
  const types = new RoomTypes([...definitions, ...loaded], config.roomsRelay, {
    open: config.roomsOpen,
    graceMs: config.graceMs,
  });
  const incarnation = randomBytes(INCARNATION_BYTES).toString('hex');
  const counters = new Counters();
  const server = new Server(log, counters, config);
  const stores = await openStores(config, nodeKey(config.nodeId, incarnation), realClock, log);
  const core = new NodeCore(
    {
      stores: stores.ports,
      clock: realClock,
      rng: systemRng,
      randomBytes: randomPool(),
      log,
      counters,
      publisher: server,
      tokens: accessTokens(config),
      types,
      isStoreUp: stores.isUp,
      standing: stores.standing,
      utilization: loopUtilization(),
    },
    {
      ...config,
      id: config.nodeId,
      incarnation,
      limits: config,
      sessionSecret: config.sessionSecret ?? randomSecret(log),
      storeTimeoutMs: SESSION_STORE_TIMEOUT_MS,
    },
  );
  const view = new CoreView(core, realClock, stores, counters, () => metrics.text(), config.nodeTtlMs);
  const metrics = new Metrics(config.nodeId, counters, () => view.gauges(), {
    relayLag: core.relayLag.times,
    redisCalls: stores.redis?.callTimes ?? null,
  });
  const watch = new Watch(realClock, log, core.relayLag, stores.redis?.vitals ?? null);
  stores.onRejoin(() => core.rejoin());
  stores.onUp(() => core.storeReturned());
  try {
    await core.start();
    watch.start();
    const port = await server.listen(core.connections, new Routes(view, config));
    const refuse = (): void => {
      view.isStopping = true;
      server.drain();
      server.stopListening();
    };
    let drained: Promise<void> | null = null;
    let stopped: Promise<void> | null = null;
    return {
      id: config.nodeId,
      port,
      drain() {
        refuse();
        drained ??= core.drain();
        return drained;
      },
      stop() {
        refuse();
        stopped ??= stopNode(core, server, stores, metrics, watch);
        return stopped;
      },
    };
  } catch (cause) {
    await stopNode(core, server, stores, metrics, watch);
    throw cause;
  }
}

async function stopNode(core: NodeCore, server: Server, stores: Stores, metrics: Metrics, watch: Watch): Promise<void> {
  watch.stop();
  await core.stop('the node is stopping');
  await new Promise((resolve) => setTimeout(resolve, CLOSING_MS));
  server.close();
  await stores.close();
  metrics.stop();
}

function accessTokens(config: Config): AccessTokens {
  if (config.authMode === 'none') return noTokens;
  return new JwtTokens(realClock, {
    secret: config.jwtSecret,
    publicKeyPem: config.jwtPublicKey,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
  });
}

/** How busy the event loop was since the last call. */
function loopUtilization(): Utilization {
  let before = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, before);
    before = now;
    return utilization;
  };
}

function randomSecret(log: Logger): string {
  log.warn({}, 'no SESSION_SECRET: a random one is used; sessions end with this process and are not shared');
  return randomBytes(SECRET_BYTES).toString('base64url');
}
