/**
 * Which nodes live. The heartbeat keys in the store are the truth: each node renews its own and reads all others in
 * the same call.
 *
 * A node is certainly dead when its key is gone and its last beat is a TTL ago by this node's clock, but never within one
 * TTL after this node (re)gained the store: after a restart or failover of Redis all nodes come back at their own pace,
 * and that must move no room. It is presumed dead at once when a newer life of its id is there, when its key is gone before
 * its time, or when nobody listens to it and the store has none of its connections.
 *
 * Keys live by the store's clock. One that was set ahead shows in our own key, which is nearer to its end than it should
 * be, and counts as a restart.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import { Lease } from './lease.ts';
import { nodeId } from './node-key.ts';
import { NodeList } from './node-list.ts';
import type { DeathProof, NodeKey, NodeRecord, NodeStore } from './ports.ts';
import { Suspicions } from './suspicion.ts';

/** By so much a key of ours may be nearer to its end than our clock says: clocks drift 1 ms in 2 s (guess: fifty times that). */
const CLOCK_SLACK_MS = 100;

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
  readonly #list: NodeList;
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
    this.#list = new NodeList(options.ttlMs);
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
    return this.#list.nodes(false);
  }

  /** Those of them whose heartbeat was there at the last look. */
  shown(): readonly NodeRecord[] {
    return this.#list.nodes(true);
  }

  /** Whether a room of that owner may be taken over, where so much proof is enough. */
  isDead(node: NodeKey, proof: DeathProof): boolean {
    const isEarlierSelf = nodeId(node) === nodeId(this.#options.self) && node !== this.#options.self;
    if (isEarlierSelf && proof === 'presumed' && this.#list.has(this.#options.self)) return true;
    return this.#list.isDead(node, proof, this.#isSteady(), this.#clock.now());
  }

  /**
   * Looks for a node that the last renewal did not show, since it may have come a moment ago: a newer life of a node
   * whose older one is still on our list must not be taken for the older. `unknown` while the store is away, and where
   * a node that is presumed dead must be surely so.
   */
  async find(node: NodeKey, proof: DeathProof): Promise<'alive' | 'gone' | 'unknown'> {
    if (this.#list.has(node)) return 'alive';
    if (proof === 'presumed') {
      if (this.#list.isBuried(node)) return 'gone';
      const isAlive = await this.#store.isAlive(node).catch(() => null);
      if (isAlive !== true) return isAlive === false ? 'gone' : 'unknown';
    }
    await this.#look();
    if (this.#list.has(node)) return 'alive';
    return this.isDead(node, proof) ? 'gone' : 'unknown';
  }

  /**
   * A packet came from that node. One that comes and goes between two of our renewals is never on our list, but may
   * have left members in our rooms: its end is told as well.
   */
  heard(node: NodeKey): void {
    this.#suspicions.heard(node);
    this.#list.heard(node);
  }

  /** Nobody listens to that node. Never rejects. */
  async suspect(node: NodeKey): Promise<void> {
    const since = this.#steadySince;
    if (node === this.#options.self || !this.#list.canBury(node) || !this.#isSteady()) return;
    const beat = await this.#suspicions.check(node, async () => {
      await this.#look();
      return this.#list.get(node)?.beat ?? null;
    });
    // In between it may have gone by its key, or the store may have been away.
    if (beat === null || this.#stopped || this.#steadySince !== since || !this.#list.canBury(node)) return;
    this.#counters.nodesBuried++;
    this.#list.bury(node, beat);
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
    this.#list.doubt();
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
    const heard = this.#list.heardOf();
    try {
      const record = { ...this.#describe(), beat: ++this.#beat };
      const { nodes, leftMs } = await this.#store.renew(record, this.#options.ttlMs);
      if (this.#stopped || stores !== this.#stores) return;
      this.#renewed(sentAt, leftMs ?? 0);
      this.#update(nodes, heard);
    } catch (cause) {
      if (this.#steadySince !== null) this.#log.warn({ err: cause }, 'heartbeat not renewed: the store is away');
      this.lease.failed(cause);
      this.#steadySince = null;
    }
  }

  #renewed(sentAt: number, leftMs: number): void {
    const now = this.#clock.now();
    const { heartbeatMs, ttlMs } = this.#options;
    // A stall of Redis or of this node: after half-way to the TTL, a key that was due just before may have run out.
    const agoMs = now - this.lease.from;
    const isLate = agoMs > (heartbeatMs + ttlMs) / 2;
    const isEarly = ttlMs - leftMs > agoMs + CLOCK_SLACK_MS;
    if (isEarly && this.#isSteady())
      this.#log.warn({ leftMs, agoMs }, "the store's clock was set ahead, or it lost data");
    this.lease.renewed(sentAt);
    if (this.#steadySince === null || isLate || isEarly) {
      this.#steadySince = now;
      this.#lapsed = true;
      this.#events.onLapsed();
    } else if (this.#lapsed && this.#isSteady()) {
      this.#lapsed = false;
      this.#events.onLapsed();
    }
  }

  #update(alive: readonly NodeRecord[], heard: readonly NodeKey[]): void {
    const { up, down, risen } = this.#list.update(alive, heard, this.#isSteady(), this.#clock.now());
    this.#counters.nodesBuriedAlive += risen;
    for (const node of up) this.#events.onUp(node);
    for (const [node, proof] of down) this.#tellDown(node, proof);
  }

  #tellDown(node: NodeKey, proof: DeathProof): void {
    this.#suspicions.forget(node);
    this.#events.onDown(node, proof);
  }
}
