/**
 * Finds a dead process long before its heartbeat runs out: nobody listens to it, and the store has none of its
 * connections, since the kernel closes those at once. A live node may lose all of its connections, too, but comes back
 * within moments; so the store is asked twice, and any sign of life in between counts.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { NodeKey, NodeStore } from './ports.ts';

/** Between the two looks: a client that lost its connections has new ones within 100 ms, unless the store is away. */
const LOOK_AGAIN_MS = 150;
/** One node is looked for no more often: each look lists all connections of the store. */
const LOOK_EVERY_MS = 250;

interface Open {
  isHeard: boolean;
  timer: Timer | null;
}

export class Suspicions {
  readonly #store: Pick<NodeStore, 'isConnected'>;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #open = new Map<NodeKey, Open>();
  readonly #notBefore = new Map<NodeKey, number>();
  #stopped = false;

  constructor(store: Pick<NodeStore, 'isConnected'>, clock: Clock, counters: Counters) {
    this.#store = store;
    this.#clock = clock;
    this.#counters = counters;
  }

  /**
   * Answers the last beat of a node that is gone, and null for one that may live, or is looked for already. `beat` reads
   * it from the store: after all connections have gone, a beat that moves came by a new one.
   */
  async check(node: NodeKey, beat: () => Promise<number | null>): Promise<number | null> {
    if (this.#open.has(node) || this.#clock.now() < (this.#notBefore.get(node) ?? 0)) return null;
    const open: Open = { isHeard: false, timer: null };
    this.#open.set(node, open);
    this.#counters.suspicions++;
    try {
      if (await this.#mayLive(node)) return null;
      const before = await beat();
      if (this.#stopped) return null;
      await new Promise<void>((resolve) => {
        open.timer = this.#clock.after(LOOK_AGAIN_MS, resolve);
      });
      if (await this.#mayLive(node)) return null;
      const after = await beat();
      return after === before && !open.isHeard ? after : null;
    } finally {
      this.#open.delete(node);
      this.#notBefore.set(node, this.#clock.now() + LOOK_EVERY_MS);
    }
  }

  /** A packet of that node came. */
  heard(node: NodeKey): void {
    const open = this.#open.get(node);
    if (open) open.isHeard = true;
  }

  forget(node: NodeKey): void {
    this.#notBefore.delete(node);
  }

  stop(): void {
    this.#stopped = true;
    for (const { timer } of this.#open.values()) timer?.cancel();
  }

  async #mayLive(node: NodeKey): Promise<boolean> {
    const isConnected = await this.#store.isConnected(node).catch(() => null);
    return isConnected !== false;
  }
}
