/**
 * Which nodes live. The heartbeat keys in the store are the truth: each node renews its own and reads all others in
 * the same call.
 *
 * A node is taken for dead when its key is gone, but never within one TTL after this node (re)gained the store: after a
 * restart or failover of Redis all nodes come back at their own pace, and that must move no room. A newer life of
 * the same node id proves the older one dead at once.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { nodeId, nodeKey } from './node-key.ts';
import type { NodeKey, NodeRecord, NodeStore } from './ports.ts';

/** Nodes heard of and not on the list at one time; more are not watched for. */
const HEARD_MAX = 1024;

export interface MembershipOptions {
  readonly heartbeatMs: number;
  readonly ttlMs: number;
}

export interface MembershipEvents {
  onUp(node: NodeKey): void;
  onDown(node: NodeKey): void;
  /** This node's key may have run out, and others may have taken its rooms. Comes again once that can't happen late. */
  onLapsed(): void;
}

export class Membership {
  readonly #store: NodeStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #describe: () => Omit<NodeRecord, 'beat'>;
  readonly #events: MembershipEvents;
  readonly #options: MembershipOptions;
  #known = new Map<NodeKey, NodeRecord>();
  /** Nodes that sent us packets and have not been on our list. */
  readonly #heard = new Set<NodeKey>();
  #timer: Timer | null = null;
  #renewing = false;
  /** Since when every renewal has worked in time; null while the last one failed. */
  #steadySince: number | null = null;
  #renewedAt = 0;
  #beat = 0;
  /** The key may have run out, and not every other node has looked since. */
  #lapsed = false;
  #stopped = false;

  constructor(
    store: NodeStore,
    clock: Clock,
    log: Logger,
    describe: () => Omit<NodeRecord, 'beat'>,
    events: MembershipEvents,
    options: MembershipOptions,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#describe = describe;
    this.#events = events;
    this.#options = options;
  }

  /** Registers this node. A store that can't be reached is tried again with each beat. */
  async start(): Promise<void> {
    this.#timer = this.#clock.every(this.#options.heartbeatMs, () => void this.#renew());
    await this.#renew();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    const self = this.#describe();
    // The store may be away while we stop; the heartbeat then runs out by itself.
    await this.#store.remove(nodeKey(self.id, self.incarnation)).catch(() => {});
  }

  /** All nodes believed alive, this one included once it is registered. */
  nodes(): readonly NodeRecord[] {
    return [...this.#known.values()];
  }

  /** Whether a room of that owner may be taken over. */
  isDead(node: NodeKey): boolean {
    if (this.#known.has(node)) return false;
    const id = nodeId(node);
    for (const record of this.#known.values()) if (record.id === id) return true;
    return this.#isSteady();
  }

  /**
   * Looks for a node that the last renewal did not show, since it may have come a moment ago: a newer life of a node
   * whose older one is still on our list must not be taken for the older. `unknown` while the store is away.
   */
  async find(node: NodeKey): Promise<'alive' | 'gone' | 'unknown'> {
    if (this.#known.has(node)) return 'alive';
    const isAlive = await this.#store.isAlive(node).catch(() => null);
    if (isAlive === false) return 'gone';
    if (isAlive === true) await this.#renew();
    return this.#known.has(node) ? 'alive' : 'unknown';
  }

  /**
   * A packet came from that node. One that comes and goes between two of our renewals is never on our list, but may
   * have left members in our rooms: its end is told as well.
   */
  heard(node: NodeKey): void {
    if (!this.#known.has(node) && this.#heard.size < HEARD_MAX) this.#heard.add(node);
  }

  /** Before the next beat: what this node says of itself has changed, or what others say matters now. Never rejects. */
  async renewNow(): Promise<void> {
    await this.#renew();
  }

  /**
   * The connection to the store is back, or leads to another store. Others lost theirs, too, and come back at their own
   * pace: for one TTL nobody is taken for dead, however short the break. No renewal need have failed in it, so this is told.
   */
  storeReturned(): void {
    this.#steadySince = null;
    void this.#renew();
  }

  #isSteady(): boolean {
    return this.#steadySince !== null && this.#clock.now() - this.#steadySince >= this.#options.ttlMs;
  }

  async #renew(): Promise<void> {
    if (this.#renewing || this.#stopped) return;
    this.#renewing = true;
    try {
      // Who is heard of while this is under way may have registered after the store looked.
      const heard = [...this.#heard];
      const alive = await this.#store.renew({ ...this.#describe(), beat: ++this.#beat }, this.#options.ttlMs);
      if (this.#stopped) return;
      this.#renewed();
      this.#update(alive, heard);
    } catch (cause) {
      if (this.#steadySince !== null) this.#log.warn({ err: cause }, 'heartbeat not renewed: the store is away');
      this.#steadySince = null;
    } finally {
      this.#renewing = false;
    }
  }

  #renewed(): void {
    const now = this.#clock.now();
    const { heartbeatMs, ttlMs } = this.#options;
    // A stall of Redis or of this node: after half-way to the TTL, a key that was due just before may have run out.
    const isLate = now - this.#renewedAt > (heartbeatMs + ttlMs) / 2;
    this.#renewedAt = now;
    if (this.#steadySince === null || isLate) {
      this.#steadySince = now;
      this.#lapsed = true;
      this.#events.onLapsed();
    } else if (this.#lapsed && this.#isSteady()) {
      this.#lapsed = false;
      this.#events.onLapsed();
    }
  }

  #update(alive: readonly NodeRecord[], heard: readonly NodeKey[]): void {
    const now = new Map(alive.map((record) => [nodeKey(record.id, record.incarnation), record]));
    const before = this.#known;
    const ids = new Set(alive.map((record) => record.id));
    const down: NodeKey[] = [];
    for (const [key, record] of before) {
      if (now.has(key)) continue;
      if (ids.has(record.id) || this.#isSteady()) down.push(key);
      else now.set(key, record);
    }
    for (const key of heard) {
      const isHere = now.has(key);
      if (!isHere && !ids.has(nodeId(key)) && !this.#isSteady()) continue;
      this.#heard.delete(key);
      if (!isHere && !before.has(key)) down.push(key);
    }
    this.#known = now;
    for (const key of now.keys()) if (!before.has(key)) this.#events.onUp(key);
    for (const key of down) this.#events.onDown(key);
  }
}
