/**
 * Which nodes live. The heartbeat keys in the store are the truth: each node renews its own and reads all others in
 * the same call.
 *
 * A node is certainly dead when its key is gone, but never within one TTL after this node (re)gained the store: after a
 * restart or failover of Redis all nodes come back at their own pace, and that must move no room. It is presumed dead
 * at once when a newer life of its id is there, or when nobody listens to it and the store has none of its connections.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import { Burials } from './burials.ts';
import { Lease } from './lease.ts';
import { nodeId, nodeKey } from './node-key.ts';
import type { DeathProof, NodeKey, NodeRecord, NodeStore } from './ports.ts';
import { Suspicions } from './suspicion.ts';

/** Nodes heard of and not on the list at one time; more are not watched for. */
const HEARD_MAX = 1024;

export interface MembershipOptions {
  readonly self: NodeKey;
  readonly heartbeatMs: number;
  readonly ttlMs: number;
}

export interface MembershipEvents {
  onUp(node: NodeKey): void;
  /** Comes twice for a node that is presumed dead first. One that was presumed dead wrongly comes up again. */
  onDown(node: NodeKey, proof: DeathProof): void;
  /** This node's key may have run out, and others may have taken its rooms. Comes again once that can't happen late. */
  onLapsed(): void;
}

interface Known {
  readonly record: NodeRecord;
  /** When it was first on the list. */
  readonly since: number;
  /** Its heartbeat was there at the last look; else it may only be late. */
  readonly isShown: boolean;
}

export class Membership {
  readonly lease: Lease;
  readonly #store: NodeStore;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #describe: () => Omit<NodeRecord, 'beat'>;
  readonly #events: MembershipEvents;
  readonly #options: MembershipOptions;
  readonly #suspicions: Suspicions;
  readonly #buried: Burials;
  #known = new Map<NodeKey, Known>();
  /** Nodes that sent us packets and have not been on our list. */
  readonly #heard = new Set<NodeKey>();
  #timer: Timer | null = null;
  #renewing: Promise<void> | null = null;
  /** Since when every renewal has worked in time; null while the last one failed. */
  #steadySince: number | null = null;
  #beat = 0;
  /** The key may have run out, and not every other node has looked since. */
  #lapsed = false;
  #stopped = false;
  /** Counts the stores that there have been: an answer of an earlier one says nothing. */
  #stores = 0;

  constructor(
    store: NodeStore,
    clock: Clock,
    log: Logger,
    counters: Counters,
    describe: () => Omit<NodeRecord, 'beat'>,
    events: MembershipEvents,
    options: MembershipOptions,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#log = log;
    this.#counters = counters;
    this.#describe = describe;
    this.#events = events;
    this.#options = options;
    this.lease = new Lease(clock, options.ttlMs);
    this.#suspicions = new Suspicions(store, clock, counters);
    this.#buried = new Burials(options.ttlMs);
  }

  /** Registers this node. A store that can't be reached is tried again with each beat. */
  async start(): Promise<void> {
    this.#timer = this.#clock.every(this.#options.heartbeatMs, () => void (this.#renewing ?? this.#renew()));
    await this.#renew();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#suspicions.stop();
    this.lease.end();
    // The store may be away while we stop; the heartbeat then runs out by itself.
    await this.#store.remove(this.#options.self).catch(() => {});
  }

  /** All nodes believed alive, this one included once it is registered. */
  nodes(): readonly NodeRecord[] {
    return [...this.#known.values()].map(({ record }) => record);
  }

  /** Those of them whose heartbeat was there at the last look. */
  shown(): readonly NodeRecord[] {
    return [...this.#known.values()].flatMap(({ record, isShown }) => (isShown ? record : []));
  }

  /** Whether a room of that owner may be taken over, where so much proof is enough. */
  isDead(node: NodeKey, proof: DeathProof): boolean {
    if (this.#known.has(node)) return false;
    const id = nodeId(node);
    const newer = [...this.#known.values()].find(({ record }) => record.id === id);
    if (proof === 'presumed') return newer !== undefined || this.#isSteady();
    // One that has taken an older one's place in the store took its key away before that ran out.
    const hasRunOut = newer === undefined || this.#clock.now() - newer.since >= this.#options.ttlMs;
    return hasRunOut && !this.#buried.has(node) && this.#isSteady();
  }

  /**
   * Looks for a node that the last renewal did not show, since it may have come a moment ago: a newer life of a node
   * whose older one is still on our list must not be taken for the older. `unknown` while the store is away, and where
   * a node that is presumed dead must be surely so.
   */
  async find(node: NodeKey, proof: DeathProof): Promise<'alive' | 'gone' | 'unknown'> {
    if (this.#known.has(node)) return 'alive';
    if (proof === 'presumed' && this.#buried.has(node)) return 'gone';
    const isAlive = await this.#store.isAlive(node).catch(() => null);
    if (isAlive === false) return 'gone';
    if (isAlive === true) await this.#look();
    return this.#known.has(node) ? 'alive' : 'unknown';
  }

  /**
   * A packet came from that node. One that comes and goes between two of our renewals is never on our list, but may
   * have left members in our rooms: its end is told as well.
   */
  heard(node: NodeKey): void {
    this.#suspicions.heard(node);
    if (this.#known.has(node) || this.#buried.has(node)) return;
    if (this.#heard.size < HEARD_MAX) this.#heard.add(node);
  }

  /** Nobody listens to that node. Never rejects. */
  async suspect(node: NodeKey): Promise<void> {
    const since = this.#steadySince;
    if (node === this.#options.self || !this.#known.has(node) || !this.#isSteady() || this.#buried.isFull) return;
    const beat = await this.#suspicions.check(node, async () => {
      await this.#look();
      return this.#known.get(node)?.record.beat ?? null;
    });
    // In between it may have gone by its key, or the store may have been away.
    if (beat === null || this.#stopped || this.#steadySince !== since || !this.#known.has(node)) return;
    this.#counters.nodesBuried++;
    this.#known.delete(node);
    this.#buried.add(node, beat);
    this.#tellDown(node, 'presumed');
  }

  /** The store is another one from now on: what the one before said proves nothing, and our heartbeat is not in it yet. */
  storeChanged(): void {
    this.#stores++;
    this.lease.end();
    this.storeReturned();
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
    void this.#look();
  }

  #isSteady(): boolean {
    return this.#steadySince !== null && this.#clock.now() - this.#steadySince >= this.#options.ttlMs;
  }

  /** Renews, and so reads a list that the store makes after this call. */
  async #look(): Promise<void> {
    // One under way may have been answered before.
    await this.#renewing;
    await (this.#renewing ?? this.#renew());
  }

  #renew(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const renewing = this.#renewOnce().finally(() => {
      this.#renewing = null;
    });
    this.#renewing = renewing;
    return renewing;
  }

  async #renewOnce(): Promise<void> {
    const stores = this.#stores;
    const sentAt = this.#clock.now();
    // Who is heard of while this is under way may have registered after the store looked.
    const heard = [...this.#heard];
    try {
      const alive = await this.#store.renew({ ...this.#describe(), beat: ++this.#beat }, this.#options.ttlMs);
      if (this.#stopped || stores !== this.#stores) return;
      this.#renewed(sentAt);
      this.#update(alive, heard);
    } catch (cause) {
      if (this.#steadySince !== null) this.#log.warn({ err: cause }, 'heartbeat not renewed: the store is away');
      this.lease.failed(cause);
      this.#steadySince = null;
    }
  }

  #renewed(sentAt: number): void {
    const now = this.#clock.now();
    const { heartbeatMs, ttlMs } = this.#options;
    // A stall of Redis or of this node: after half-way to the TTL, a key that was due just before may have run out.
    const isLate = now - this.lease.from > (heartbeatMs + ttlMs) / 2;
    this.lease.renewed(sentAt);
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
    const now = this.#clock.now();
    const before = this.#known;
    const shown = new Map(alive.map((record) => [nodeKey(record.id, record.incarnation), record]));
    const ids = new Set(alive.map((record) => record.id));
    const known = new Map<NodeKey, Known>();
    const down = new Map<NodeKey, DeathProof>();
    const missing = (node: NodeKey, beat: number): void => {
      const isReplaced = ids.has(nodeId(node));
      if (isReplaced) this.#buried.add(node, beat);
      down.set(node, isReplaced ? 'presumed' : 'certain');
    };
    for (const [node, record] of shown) {
      const wasBuried = this.#buried.has(node);
      if (this.#buried.covers(node, record)) continue;
      if (wasBuried) this.#counters.nodesBuriedAlive++;
      known.set(node, { record, since: before.get(node)?.since ?? now, isShown: true });
    }
    for (const node of this.#buried.settle(shown, ids, this.#isSteady(), now)) down.set(node, 'certain');
    for (const [node, one] of before) {
      if (known.has(node)) continue;
      if (ids.has(nodeId(node)) || this.#isSteady()) missing(node, one.record.beat);
      else known.set(node, { ...one, isShown: false });
    }
    for (const node of heard) {
      if (!shown.has(node) && !ids.has(nodeId(node)) && !this.#isSteady()) continue;
      this.#heard.delete(node);
      if (!shown.has(node) && !before.has(node) && !this.#buried.has(node)) missing(node, 0);
    }
    this.#known = known;
    for (const node of known.keys()) if (!before.has(node)) this.#events.onUp(node);
    for (const [node, proof] of down) this.#tellDown(node, proof);
  }

  #tellDown(node: NodeKey, proof: DeathProof): void {
    this.#suspicions.forget(node);
    this.#events.onDown(node, proof);
  }
}
