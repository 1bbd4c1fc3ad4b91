/**
 * A cluster of node cores in one process: a shared store and mailbox hub in memory, virtual sockets, a virtual clock.
 * Each node's store can be cut, held or crashed with its node, and packets between nodes can be lost, so that a test
 * can place one fault exactly where it wants it.
 */
import { Counters } from '../../src/base/counters.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { seededRng } from '../../src/base/rng.ts';
import { MemoryMailboxHub } from '../../src/cluster/memory-mailbox.ts';
import { MemoryStore } from '../../src/cluster/memory-store.ts';
import type { Mailbox } from '../../src/cluster/ports.ts';
import { NodeCore, type NodeCoreOptions } from '../../src/node/node-core.ts';
import { memoryPorts, type Standing, type StorePorts } from '../../src/node/store-ports.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts';
import type { Durability, RoomDefinition } from '../../src/room/definition.ts';
import type { Owner } from '../../src/room/owner.ts';
import { RoomTypes } from '../../src/room/types.ts';
import { noTokens } from '../../src/session/access-token.ts';
import { NodeClock } from './node-clock.ts';
import { VirtualClient, VirtualTopics } from './virtual-client.ts';
import { VirtualClock } from './virtual-clock.ts';

export const GRACE_MS = 30_000;
export const NODE_TTL_MS = 3_000;

export interface CoreClusterOptions {
  readonly definitions?: readonly RoomDefinition[];
  /** Relay types that a node serves; default: demo, ledger and scratch on each. */
  readonly relaysOf?: (id: string) => ReadonlyMap<string, Durability>;
  readonly node?: Partial<NodeCoreOptions>;
  readonly log?: Logger;
}

const RELAYS = new Map<string, Durability>([
  ['demo', 'snapshot'],
  ['ledger', 'log'],
  ['scratch', 'none'],
]);

export class CoreCluster {
  readonly clock = new VirtualClock();
  readonly store = new MemoryStore(this.clock);
  readonly nodes: CoreNode[] = [];
  /** Whether nodes may ask the store for each other's connections. */
  showsConnections = true;
  readonly options: CoreClusterOptions;
  readonly #hub = new MemoryMailboxHub(this.clock);
  readonly #lives = new Map<string, number>();

  constructor(options: CoreClusterOptions = {}) {
    this.options = options;
  }

  /** A started node; one with the id of an earlier one is its next life. `alone` keeps it to a store of its own. */
  async node(id: string, ports: StorePorts = this.ports(), standing: Standing = 'shared'): Promise<CoreNode> {
    const life = (this.#lives.get(id) ?? 0) + 1;
    this.#lives.set(id, life);
    const node = new CoreNode(id, `life${life}`, this, ports, standing);
    this.nodes.push(node);
    const started = node.core.start();
    await this.clock.idle();
    await started;
    return node;
  }

  /** Nodes that know each other, and for long enough to take over what a dead one leaves. */
  async steady(...ids: string[]): Promise<CoreNode[]> {
    const nodes: CoreNode[] = [];
    for (const id of ids) nodes.push(await this.node(id));
    await this.run(2 * NODE_TTL_MS);
    return nodes;
  }

  ports(): StorePorts {
    const ports = memoryPorts(this.store, this.#hub);
    const { nodes } = ports;
    return {
      ...ports,
      nodes: {
        renew: (self, ttlMs) => nodes.renew(self, ttlMs),
        isAlive: (node) => nodes.isAlive(node),
        remove: (node) => nodes.remove(node),
        isConnected: async (key) => (this.showsConnections ? this.#isConnected(key) : null),
      },
    };
  }

  #isConnected(key: string): boolean {
    return this.nodes.some(({ core, isConnected }) => core.key === key && isConnected);
  }

  /** A client of that node which has asked to join, and was answered where the room has an owner. */
  async joined(node: CoreNode, room: string, resume: string | null = null): Promise<VirtualClient> {
    const client = node.connect(resume);
    client.join(room);
    await this.run();
    return client;
  }

  /** Time passes; short by default, but enough for packets to go to and fro. */
  async run(ms = 20): Promise<void> {
    await this.clock.run(ms);
  }

  /** Stops what runs, and fails where something of a stopped node goes on. */
  async stop(): Promise<void> {
    const stopping = this.nodes.map((node) => node.stop());
    await this.run(5_000);
    await Promise.all(stopping);
    for (const { id, clock } of this.nodes) if (clock.timers > 0) throw new Error(`${id} left ${clock.timers} timers`);
  }
}

export class CoreNode {
  readonly id: string;
  readonly core: NodeCore;
  readonly counters = new Counters();
  /** Rejects what the node asks of its store, or `hold`s it until `release`. */
  readonly gate: StoreGate;
  /** Packets to these nodes are lost. */
  readonly losing = new Set<string>();
  readonly clock: NodeClock;
  /** Whether the store has connections of it. */
  isConnected = true;
  standing: Standing;
  readonly #mailbox: Mailbox;
  readonly topics = new VirtualTopics();
  #isOver = false;

  constructor(id: string, incarnation: string, cluster: CoreCluster, ports: StorePorts, standing: Standing) {
    this.standing = standing;
    this.id = id;
    this.clock = new NodeClock(cluster.clock);
    this.gate = new StoreGate();
    this.#mailbox = ports.mailbox;
    const { definitions = [], log = silentLogger, relaysOf = () => RELAYS } = cluster.options;
    let random = cluster.nodes.length * 1_000_000;
    this.core = new NodeCore(
      {
        stores: this.gate.ports(ports, this.losing),
        clock: this.clock,
        rng: seededRng(cluster.nodes.length + 1),
        randomBytes: (count) => new Uint8Array(new Uint32Array(Math.ceil(count / 4)).fill(++random).buffer, 0, count),
        log,
        counters: this.counters,
        publisher: this.topics,
        tokens: noTokens,
        types: new RoomTypes(definitions, relaysOf(id), { open: false, graceMs: GRACE_MS }),
        isStoreUp: () => !this.gate.isCut,
        standing: () => this.standing,
        utilization: () => 0,
      },
      { ...DEFAULTS, ...cluster.options.node, id, incarnation },
    );
  }

  connect(resume: string | null = null): VirtualClient {
    const client = new VirtualClient(this.topics, (socket) => this.core.connections.accept(socket));
    return client.hello(resume);
  }

  /** It crashed, or was stopped. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** The room that this node owns; throws when it does not. */
  owner(room: string): Owner {
    const owner = this.core.registry.get(room)?.owner;
    if (owner) return owner;
    throw new Error(`${this.id} does not own ${room} but is ${this.role(room)}`);
  }

  role(room: string): string {
    return this.core.registry.get(room)?.role.kind ?? 'nothing';
  }

  /** Gone without a word: nothing of it runs again, and its heartbeat runs out. */
  crash(): void {
    this.#isOver = true;
    this.clock.kill();
    this.gate.kill();
    // The kernel closes what it had open.
    this.disconnect();
  }

  /** Its connections to the store are closed: it publishes on with new ones, and hears again when it has subscribed. */
  disconnect(): void {
    this.isConnected = false;
    void this.#mailbox.close();
  }

  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.core.stop('stopped by the test');
  }
}

/** Between a node and its stores. */
export class StoreGate {
  isCut = false;
  /** Calls by `port.method` that fail although the rest works. */
  readonly failing = new Set<string>();
  /** Calls by `port.method` that are done and look as if they had failed. */
  readonly losesAnswers = new Set<string>();
  readonly #held = new Set<string>();
  #waiting: (() => void)[] = [];
  #isDead = false;

  /** Calls of `port.method` wait from now on. */
  hold(call: string): void {
    this.#held.add(call);
  }

  release(): void {
    this.#held.clear();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }

  kill(): void {
    this.#isDead = true;
    this.#waiting = [];
  }

  ports(ports: StorePorts, losing: ReadonlySet<string>): StorePorts {
    const { mailbox } = ports;
    return {
      nodes: this.#gated('nodes', ports.nodes),
      directory: this.#gated('directory', ports.directory),
      snapshots: this.#gated('snapshots', ports.snapshots),
      log: this.#gated('log', ports.log),
      sessions: this.#gated('sessions', ports.sessions),
      mailbox: {
        open: (id, onPacket) => mailbox.open(id, (packet) => this.#isDead || onPacket(packet)),
        publish: (to, packet) =>
          this.#call('mailbox.publish', () => (losing.has(to) ? Promise.resolve(1) : mailbox.publish(to, packet))),
        reconnect: () => mailbox.reconnect(),
        close: () => mailbox.close(),
      },
    };
  }

  #gated<T extends object>(name: string, port: T): T {
    return new Proxy(port, {
      get: (target, key) => {
        const method: unknown = Reflect.get(target, key);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]) => this.#call(`${name}.${String(key)}`, () => method.apply(target, args));
      },
    });
  }

  async #call<R>(call: string, run: () => Promise<R>): Promise<R> {
    if (this.#held.has(call)) await new Promise<void>((resume) => this.#waiting.push(resume));
    if (this.#isDead) return new Promise<R>(() => {});
    if (this.isCut || this.failing.has(call)) throw new Error(`the store is away (${call})`);
    if (!this.losesAnswers.has(call)) return run();
    await run();
    throw new Error(`the answer is lost (${call})`);
  }
}

const HOUR_MS = 3_600_000;

const DEFAULTS: Omit<NodeCoreOptions, 'id' | 'incarnation'> = {
  sessionSecret: 'a secret of the tests, 32 characters or more',
  sessionTtlMs: 24 * HOUR_MS,
  storeTimeoutMs: 1_000,
  limits: DEFAULT_LIMITS,
  joinsPerSec: 2_000,
  backpressureBytesMax: 2 * 1024 * 1024,
  historyBytesMax: 128 * 1024,
  flushIntervalMaxMs: 0,
  snapshotDebounceMs: 200,
  snapshotLatestMs: 1_000,
  roomIdleMs: 10_000,
  roomTtlActiveMs: HOUR_MS,
  roomTtlWaitingMs: HOUR_MS / 2,
  nodeHeartbeatMs: 1_000,
  nodeTtlMs: NODE_TTL_MS,
  peerHeartbeatMs: 250,
  drainTimeoutMs: 30_000,
};
