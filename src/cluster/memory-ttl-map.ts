import type { Clock } from '../base/clock.ts';

/** Entries looked at by each write. More than one, so that a full round gains on the writer. */
const SWEEP_PER_WRITE = 4;

/**
 * A map whose entries die at their time to live, as Redis keys do: unseen from then on, and swept away a few at a
 * time by later writes. It has no timer, so it holds nothing alive and replays on a virtual clock.
 */
export class TtlMap<K, V> {
  readonly #clock: Clock;
  readonly #entries = new Map<K, { value: V; expiresAt: number }>();
  #sweep: Iterator<K>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sweep = this.#entries.keys();
  }

  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (entry.expiresAt > this.#clock.now()) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: K, value: V, ttlMs: number): void {
    this.#sweepSome();
    this.#entries.set(key, { value, expiresAt: this.#clock.now() + ttlMs });
  }

  /** What is left of the entry's life, in ms; null for one that is not there. */
  ttlMs(key: K): number | null {
    if (this.get(key) === undefined) return null;
    const entry = this.#entries.get(key);
    return entry === undefined ? null : entry.expiresAt - this.#clock.now();
  }

  delete(key: K): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Entries held, dead but unswept ones included. */
  get size(): number {
    return this.#entries.size;
  }

  live(): V[] {
    const now = this.#clock.now();
    const values: V[] = [];
    for (const entry of this.#entries.values()) if (entry.expiresAt > now) values.push(entry.value);
    return values;
  }

  // A Map's iterator stays valid while entries come and go, so one iterator walks the map over many writes.
  #sweepSome(): void {
    for (let i = 0; i < SWEEP_PER_WRITE; i++) {
      const next = this.#sweep.next();
      if (next.done) {
        this.#sweep = this.#entries.keys();
        return;
      }
      this.get(next.value);
    }
  }
}
