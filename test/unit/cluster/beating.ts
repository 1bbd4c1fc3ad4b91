/** Nodes that beat into one store, each through a gate of its own; what membership tells of them is written down. */
import type { Clock, Timer } from '../../../src/base/clock.ts';
import { Counters } from '../../../src/base/counters.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Membership } from '../../../src/cluster/membership.ts';
import { MemoryNodeStore } from '../../../src/cluster/memory-node-store.ts';
import { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { NodeRecord, NodeStore } from '../../../src/cluster/ports.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export const BEAT_MS = 1_000;
export const TTL_MS = 3_000;

export class Beating {
  readonly clock = new VirtualClock();
  /** That of the store, where keys run out; a test may set it. */
  readonly storeClock = new SetClock(this.clock);
  readonly store = new MemoryStore(this.storeClock);
  /** What the store says of a node's connections; it can't tell of others. */
  readonly connected = new Map<string, boolean>();

  async node(id: string, incarnation = '1'): Promise<Node> {
    const node = new Node(this, id, incarnation);
    await node.membership.start();
    return node;
  }

  /** Two nodes at most, that have known each other for long. */
  async steady(...ids: string[]): Promise<[Node, Node]> {
    const nodes: Node[] = [];
    for (const id of ids) nodes.push(await this.node(id));
    await this.clock.run(2 * TTL_MS);
    return nodes as [Node, Node];
  }
}

class SetClock implements Clock {
  aheadMs = 0;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.aheadMs;
  }

  wall(): number {
    return this.#clock.wall() + this.aheadMs;
  }

  after(ms: number, task: () => void): Timer {
    return this.#clock.after(ms, task);
  }

  every(ms: number, task: () => void): Timer {
    return this.#clock.every(ms, task);
  }

  soon(task: () => void): void {
    this.#clock.soon(task);
  }
}

export class Node {
  readonly membership: Membership;
  readonly counters = new Counters();
  /** `+` up, `?` presumed dead, `-` certainly dead. */
  readonly heard: string[] = [];
  lapses = 0;
  /** How often it asked for somebody's connections. */
  looks = 0;
  /** What its store does: serve, fail, or stall with an answer when it serves again. */
  mode: 'serve' | 'fail' | 'stall' = 'serve';
  #stalled: (() => void)[] = [];

  constructor({ clock, store, connected }: Beating, id: string, incarnation: string) {
    const inner = new MemoryNodeStore(store);
    const gate = async <R>(run: () => Promise<R>): Promise<R> => {
      if (this.mode === 'stall') await new Promise<void>((resume) => this.#stalled.push(resume));
      if (this.mode === 'fail') throw new Error('the store is away');
      return run();
    };
    const gated: NodeStore = {
      renew: (self, ttlMs) => gate(() => inner.renew(self, ttlMs)),
      isConnected: (node) =>
        gate(async () => {
          this.looks++;
          return connected.get(node) ?? null;
        }),
      isAlive: (node) => gate(() => inner.isAlive(node)),
      remove: (node) => gate(() => inner.remove(node)),
    };
    const events = {
      onUp: (node: string) => void this.heard.push(`+${node}`),
      onDown: (node: string, proof: string) => void this.heard.push(`${proof === 'certain' ? '-' : '?'}${node}`),
      onLapsed: () => void this.lapses++,
    };
    const record: Omit<NodeRecord, 'beat'> = {
      ...{ id, incarnation, startedAt: clock.wall(), owned: 0, members: 0, connections: 0, draining: false },
    };
    this.membership = new Membership(gated, clock, silentLogger, this.counters, () => record, events, {
      self: `${id}:${incarnation}`,
      heartbeatMs: BEAT_MS,
      ttlMs: TTL_MS,
    });
  }

  serveAgain(): void {
    this.mode = 'serve';
    for (const resume of this.#stalled.splice(0)) resume();
  }

  get known(): string[] {
    return this.membership.nodes().map(({ id, incarnation }) => `${id}:${incarnation}`);
  }
}
