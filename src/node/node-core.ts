/**
 * One node without its process: rooms, cluster and client connections, wired together over ports. `start-node.ts` puts
 * sockets, Redis and HTTP around it; the simulator runs several on a virtual clock.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';
import type { Lease } from '../cluster/lease.ts';
import { Membership } from '../cluster/membership.ts';
import { nodeKey } from '../cluster/node-key.ts';
import { Peers } from '../cluster/peers.ts';
import type { NodeKey, NodeRecord } from '../cluster/ports.ts';
import type { RelayLag } from '../cluster/relay-lag.ts';
import { Connections } from '../gateway/connections.ts';
import type { Limits } from '../protocol/limits.ts';
import type { Post } from '../room/edge-link.ts';
import { FlushPace, type Utilization } from '../room/flush-pace.ts';
import { Flusher } from '../room/flusher.ts';
import type { Publisher } from '../room/ports.ts';
import { Registry } from '../room/registry.ts';
import type { WriteMessage } from '../room/relay-message.ts';
import { Snapshotter } from '../room/snapshotter.ts';
import type { NodeLease } from '../room/tenure.ts';
import type { RoomTypes } from '../room/types.ts';
import type { AccessTokens } from '../session/access-token.ts';
import { ResumeTokens } from '../session/resume-token.ts';
import { Sessions } from '../session/sessions.ts';
import { Drain } from './drain.ts';
import { ResumedSessions } from './resumed-sessions.ts';
import type { Standing, StorePorts } from './store-ports.ts';

export interface NodeCoreOptions {
  readonly id: string;
  /** Different in each life of the node; no colon. */
  readonly incarnation: string;
  readonly sessionSecret: string;
  readonly sessionTtlMs: number;
  /** How long a HELLO waits for the session store. */
  readonly storeTimeoutMs: number;
  readonly limits: Limits;
  readonly joinsPerSec: number;
  readonly backpressureBytesMax: number;
  readonly historyBytesMax: number;
  /** How far apart a busy node keeps the flushes of its rooms at most; 0: it flushes every event-loop turn. */
  readonly flushIntervalMaxMs: number;
  readonly snapshotDebounceMs: number;
  readonly snapshotLatestMs: number;
  readonly roomIdleMs: number;
  readonly roomTtlActiveMs: number;
  readonly roomTtlWaitingMs: number;
  readonly nodeHeartbeatMs: number;
  readonly nodeTtlMs: number;
  readonly peerHeartbeatMs: number;
  /** How long rooms and clients have to move to other nodes when this one goes. */
  readonly drainTimeoutMs: number;
}

/** What a core needs from its surroundings. */
export interface Surroundings {
  readonly stores: StorePorts;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly log: Logger;
  readonly counters: Counters;
  readonly publisher: Publisher;
  readonly tokens: AccessTokens;
  readonly types: RoomTypes;
  /** Whether the store can be reached, and with it the other nodes. */
  readonly isStoreUp: () => boolean;
  readonly standing: () => Standing;
  readonly utilization: Utilization;
}

/** Messages of other nodes that wait for one room's role: a storm of joins on a room being claimed. */
const DEFERRED_MAX = 4096;

export class NodeCore {
  readonly key: NodeKey;
  readonly registry: Registry;
  readonly connections: Connections;
  readonly membership: Membership;
  readonly startedAt: number;
  readonly #peers: Peers;
  readonly #sessions: Sessions;
  readonly #resumed: ResumedSessions;
  readonly #drain: Drain;
  readonly #options: NodeCoreOptions;
  #isDraining = false;

  constructor(around: Surroundings, options: NodeCoreOptions) {
    const { stores, clock, rng, log, counters, publisher, isStoreUp } = around;
    this.key = nodeKey(options.id, options.incarnation);
    this.startedAt = clock.wall();
    this.#options = options;
    this.#peers = new Peers(stores.mailbox, clock, log, counters, options, this.#peerEvents(), {
      heartbeatMs: options.peerHeartbeatMs,
    });
    const describe = (): Omit<NodeRecord, 'beat'> => this.describe();
    this.membership = new Membership(stores.nodes, clock, log, counters, describe, this.#membershipEvents(log), {
      self: this.key,
      heartbeatMs: options.nodeHeartbeatMs,
      ttlMs: options.nodeTtlMs,
    });
    const peers = this.#peers;
    const post: Post & { readonly isUp: boolean } = {
      post: (to: NodeKey, write: WriteMessage) => peers.post(to, write),
      get isUp() {
        return isStoreUp();
      },
    };
    const ttl = { ttlActiveMs: options.roomTtlActiveMs, ttlWaitingMs: options.roomTtlWaitingMs };
    const snapshotter = new Snapshotter(this.key, stores.snapshots, clock, rng, log, counters, {
      ...ttl,
      debounceMs: options.snapshotDebounceMs,
      latestMs: options.snapshotLatestMs,
    });
    const pace = new FlushPace(clock, around.utilization, options.flushIntervalMaxMs);
    const flusher = new Flusher(clock, rng, log, counters, stores.log, () => peers.flush(), pace);
    const { historyBytesMax, limits } = options;
    this.registry = new Registry(around.types, {
      rooms: {
        self: this.key,
        clock,
        log,
        counters,
        publisher,
        post,
        flusher,
        snapshotter,
        lease: nodeLease(this.membership.lease, around.standing),
        options: { historyBytesMax, stateBytesMax: limits.stateBytesMax },
      },
      directory: stores.directory,
      liveness: this.membership,
      rng,
      edgePorts: { post, publisher },
      options: { ...ttl, roomIdleMs: options.roomIdleMs, deferredMax: DEFERRED_MAX },
    });
    const resumes = new ResumeTokens(options.sessionSecret);
    this.#sessions = new Sessions(stores.sessions, around.tokens, resumes, around.randomBytes, clock, log, {
      ttlMs: options.sessionTtlMs,
      storeTimeoutMs: options.storeTimeoutMs,
    });
    this.connections = new Connections(this.registry, this.#sessions, clock, log, counters, {
      node: options.id,
      limits,
      joinsPerSec: options.joinsPerSec,
      backpressureBytesMax: options.backpressureBytesMax,
      sessionTtlMs: options.sessionTtlMs,
      onResumed: (identity) => this.#resumed.resumed(identity, this.#others()),
    });
    this.#resumed = new ResumedSessions(this.connections, post, clock);
    this.#drain = new Drain(this.registry, this.connections, this.membership, clock, rng, log, {
      self: this.key,
      timeoutMs: options.drainTimeoutMs,
      isStoreUp,
    });
  }

  get relayLag(): RelayLag {
    return this.#peers.lag;
  }

  async start(): Promise<void> {
    this.registry.start();
    await Promise.all([this.#peers.start(), this.membership.start()]);
  }

  /** The node served alone, in memory, and its ports lead to the shared store from now on. */
  rejoin(): void {
    this.membership.storeChanged();
    this.registry.rejoin();
    this.#sessions.storeReturned();
  }

  /** The connection to the store broke and is back; it may have served others meanwhile, or have lost what it had. */
  storeReturned(): void {
    this.membership.storeReturned();
    this.registry.storeReturned();
    this.#sessions.storeReturned();
  }

  /** Hands rooms and clients to other nodes, as far as that goes in time; `stop` follows. Once, before it. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#drain.run();
  }

  /** Closes the clients' connections, gives the rooms back, and takes this node out of the cluster. */
  async stop(reason: string): Promise<void> {
    this.#drain.end();
    this.connections.closeAll(reason);
    this.#resumed.stop();
    await this.registry.stop();
    await this.membership.stop();
    await this.#peers.stop();
  }

  describe(): Omit<NodeRecord, 'beat'> {
    let owned = 0;
    let members = 0;
    for (const { owner } of this.registry.rooms()) {
      if (!owner) continue;
      owned++;
      members += owner.roster.size;
    }
    const { id, incarnation } = this.#options;
    const connections = this.connections.size;
    return { id, incarnation, startedAt: this.startedAt, owned, members, connections, draining: this.#isDraining };
  }

  #peerEvents(): ConstructorParameters<typeof Peers>[5] {
    return {
      onHeard: (from) => this.membership.heard(from),
      onMessage: (from, message) => this.registry.receive(from, message, this.#onSession),
      onHole: (from) => {
        this.registry.missed(from);
        this.#resumed.missed(from);
      },
      onUnheard: (to) => void this.membership.suspect(to),
    };
  }

  #membershipEvents(log: Logger): ConstructorParameters<typeof Membership>[5] {
    const aim = (): void => {
      this.#peers.setTargets(this.#nodes());
    };
    return {
      onUp: (node) => {
        aim();
        if (node === this.key) return;
        log.info({ node }, 'node joined the cluster');
        this.#resumed.missed(node);
      },
      onLapsed: () => this.registry.verify(),
      onDown: (node, proof) => {
        aim();
        this.#resumed.gone(node);
        log.warn({ node, proof }, 'node left the cluster');
        this.registry.nodeDown(node, proof);
      },
    };
  }

  readonly #onSession = (from: NodeKey, sid: string, generation: number): void =>
    this.#resumed.heard(from, sid, generation);

  #others(): NodeKey[] {
    return this.#nodes().filter((node) => node !== this.key);
  }

  #nodes(): NodeKey[] {
    return this.membership.nodes().map(({ id, incarnation }) => nodeKey(id, incarnation));
  }
}

function nodeLease(lease: Lease, standing: () => Standing): NodeLease {
  return {
    get term() {
      return standing() === 'alone' ? 0 : lease.term;
    },
    holds: () => standing() === 'alone' || (standing() === 'shared' && lease.holds()),
  };
}
