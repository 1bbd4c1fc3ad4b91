/** What the HTTP routes show of this node, in plain objects. */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { nodeId } from '../cluster/node-key.ts';
import type { NodeView } from '../gateway/routes.ts';
import { decodePayload } from '../protocol/payload.ts';
import type { RedisVitals } from '../redis/vitals.ts';
import type { LocalRoom } from '../room/local-room.ts';
import type { Gauges } from '../telemetry/metric-table.ts';
import type { NodeCore } from './node-core.ts';
import { type HeartbeatStatus, type StorageStatus, storageTroubles } from './storage-status.ts';
import type { RedisSight } from './stores.ts';

interface Health {
  /** The store works as it is meant to: `/readyz` says what does not, and beside it, whether clients should come. */
  readonly healthy: boolean;
  readonly storageType: StorageStatus['type'];
  /** The node is registered where it is meant to be. */
  readonly initialized: boolean;
  /** Why rooms go on in the memory of this node for now, although there should be a Redis; else null. */
  readonly fallbackReason: string | null;
  /** Open sessions on this node. */
  readonly totalSessions: number;
  /** null where no Redis is meant to be. */
  readonly redisStatus: RedisVitals | null;
}

export class CoreView implements NodeView {
  readonly #core: NodeCore;
  readonly #clock: Clock;
  readonly #storage: () => StorageStatus;
  readonly #redis: RedisSight | null;
  readonly #counters: Counters;
  readonly #metrics: () => Promise<string>;
  readonly #nodeTtlMs: number;
  isStopping = false;

  constructor(
    core: NodeCore,
    clock: Clock,
    { status, redis }: { readonly status: () => StorageStatus; readonly redis: RedisSight | null },
    counters: Counters,
    metrics: () => Promise<string>,
    nodeTtlMs: number,
  ) {
    this.#core = core;
    this.#clock = clock;
    this.#storage = status;
    this.#redis = redis;
    this.#counters = counters;
    this.#metrics = metrics;
    this.#nodeTtlMs = nodeTtlMs;
  }

  ready(): { ok: boolean; reasons: string[] } {
    const reasons = this.#storageTroubles();
    if (this.isStopping) reasons.push('the node is draining');
    return { ok: reasons.length === 0, reasons };
  }

  async health(): Promise<Health> {
    const redisStatus = this.#redis === null ? null : await this.#redis.vitals.read();
    const { type, configured, state, reason } = this.#storage();
    const isFallback = type !== configured || state !== 'up';
    const troubles = this.#storageTroubles();
    return {
      healthy: troubles.length === 0 && redisStatus?.connected !== false,
      storageType: type,
      initialized: type === configured && this.#heartbeat().renewedMsAgo !== null,
      fallbackReason: isFallback ? (reason ?? troubles[0] ?? state) : null,
      totalSessions: this.#core.connections.sessions,
      redisStatus,
    };
  }

  cluster(): object {
    const now = this.#clock.wall();
    const self = this.#core.describe();
    const others = this.#core.membership.nodes().filter(({ incarnation }) => incarnation !== self.incarnation);
    const nodes = [self, ...others].map(({ id, startedAt, owned, members, connections, draining }) => {
      const uptimeMs = Math.max(0, now - startedAt);
      return { id, uptimeMs, owned, members, connections, draining, self: id === self.id };
    });
    const [reason = null] = this.#storageTroubles();
    return { node: self.id, storage: { type: this.#storage().type, ok: reason === null, reason }, nodes };
  }

  storage(): object {
    const { subscription, refused, ...storage } = this.#storage();
    const { registry } = this.#core;
    const { commitsFailed, logAppendsFailed, packetsFailed } = this.#counters;
    return {
      ...storage,
      alone: storage.type !== storage.configured,
      subscription,
      heartbeat: this.#heartbeat(),
      roomsUnwritten: registry.unwritten,
      framesHeld: registry.framesHeld,
      refused,
      failed: { commits: commitsFailed, logAppends: logAppendsFailed, packets: packetsFailed },
    };
  }

  rooms(): object[] {
    return [...this.#core.registry.rooms()].map(summary);
  }

  room(name: string): object | null {
    const room = this.#core.registry.get(name);
    if (!room) return null;
    const { owner } = room;
    if (!owner) return summary(room);
    const members = [...owner.roster.members.values()].map(({ number, user, here, cseq }) => {
      return { number, user, here, cseq };
    });
    const state = Object.fromEntries([...owner.state.entries()].map(([key, value]) => [key, readable(value)]));
    return { ...summary(room), stateBytes: owner.state.bytes, historyBytes: owner.feed.history.bytes, members, state };
  }

  #storageTroubles(): string[] {
    return storageTroubles(this.#storage(), this.#heartbeat(), this.#nodeTtlMs);
  }

  #heartbeat(): HeartbeatStatus {
    const { from, failure } = this.#core.membership.lease;
    return { renewedMsAgo: Number.isFinite(from) ? Math.round(this.#clock.now() - from) : null, failure };
  }

  metrics(): Promise<string> {
    return this.#metrics();
  }

  gauges(): Gauges {
    const { connections, registry, membership } = this.#core;
    const redis = this.#redis?.vitals.latest;
    const { owned, members } = this.#core.describe();
    let roomsRelayed = 0;
    for (const { role } of registry.rooms()) if (role.kind === 'edge') roomsRelayed++;
    return {
      ready: this.ready().ok ? 1 : 0,
      connections: connections.size,
      sessions: connections.sessions,
      lagging: connections.lagging,
      bufferedBytes: connections.buffered.bytes,
      bufferedMostBytes: connections.buffered.mostBytes,
      roomsOwned: owned,
      roomsRelayed,
      members,
      peers: Math.max(0, membership.nodes().length - 1),
      roomsUnwritten: registry.unwritten,
      framesHeld: registry.framesHeld,
      redisUp: redis ? Number(redis.connected) : null,
      redisPingSec: redis?.latencyMs == null ? null : redis.latencyMs / 1000,
      redisMemoryBytes: redis?.usedMemory ?? null,
      redisMemoryBytesMax: redis?.maxMemory ?? null,
      redisKeys: redis?.keys ?? null,
      redisReplicas: redis?.connectedReplicas ?? null,
      redisReplicationLagBytes: redis?.replicationLagBytes ?? null,
      redisEvictions: redis?.evictedKeys ?? null,
      redisRefusals: this.#redis?.status().refused.count ?? null,
    };
  }
}

function summary(room: LocalRoom): object {
  const { role } = room;
  const base = { name: room.room, type: room.type.name, durability: room.type.durability, role: role.kind };
  if (role.kind === 'edge') return { ...base, owner: nodeId(role.edge.owner), members: room.seats.size };
  if (role.kind !== 'owner') return base;
  const { owner } = role;
  return { ...base, epoch: owner.epoch, seq: owner.feed.seq, members: owner.roster.size, edges: owner.feed.edges.size };
}

/** A state value for people: what an application wrote in MessagePack, or the bytes in base64. */
function readable(value: Uint8Array): unknown {
  try {
    return decodePayload(value);
  } catch {
    return { base64: Buffer.from(value).toString('base64') };
  }
}
