/** What the HTTP routes show of this node, in plain objects. */
import type { Clock } from '../base/clock.ts';
import { nodeId } from '../cluster/node-key.ts';
import type { NodeView } from '../gateway/routes.ts';
import { decodePayload } from '../protocol/payload.ts';
import type { LocalRoom } from '../room/local-room.ts';
import type { Gauges } from '../telemetry/metric-table.ts';
import type { NodeCore } from './node-core.ts';

/** Where the node keeps what it shares, and whether that works now. */
export interface StorageStatus {
  readonly type: 'redis' | 'memory';
  readonly ok: boolean;
  readonly reason: string | null;
}

export class CoreView implements NodeView {
  readonly #core: NodeCore;
  readonly #clock: Clock;
  readonly #storage: () => StorageStatus;
  readonly #metrics: () => Promise<string>;
  isStopping = false;

  constructor(core: NodeCore, clock: Clock, storage: () => StorageStatus, metrics: () => Promise<string>) {
    this.#core = core;
    this.#clock = clock;
    this.#storage = storage;
    this.#metrics = metrics;
  }

  ready(): { ok: boolean; reasons: string[] } {
    const { ok, reason } = this.#storage();
    const reasons = ok ? [] : [reason ?? 'the store is away'];
    if (this.isStopping) reasons.push('the node is stopping');
    return { ok: reasons.length === 0, reasons };
  }

  cluster(): object {
    const now = this.#clock.wall();
    const self = this.#core.describe();
    const others = this.#core.membership.nodes().filter(({ incarnation }) => incarnation !== self.incarnation);
    const nodes = [self, ...others].map(({ id, startedAt, owned, members, connections }) => {
      return { id, uptimeMs: Math.max(0, now - startedAt), owned, members, connections, self: id === self.id };
    });
    return { node: self.id, storage: this.#storage(), nodes };
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

  metrics(): Promise<string> {
    return this.#metrics();
  }

  gauges(): Gauges {
    const { connections, registry, membership } = this.#core;
    const { owned, members } = this.#core.describe();
    let roomsRelayed = 0;
    for (const { role } of registry.rooms()) if (role.kind === 'edge') roomsRelayed++;
    return {
      connections: connections.size,
      sessions: connections.sessions,
      lagging: connections.lagging,
      roomsOwned: owned,
      roomsRelayed,
      members,
      peers: Math.max(0, membership.nodes().length - 1),
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
