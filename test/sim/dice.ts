import { must } from '../../src/base/assert.ts';
import { type Rng, seededRng } from '../../src/base/rng.ts';

/** What a run asks of its random source. Each part of the world has dice of its own, so that one does not move another's. */
export class Dice implements Rng {
  readonly #rng: Rng;

  constructor(seed: number) {
    this.#rng = seededRng(seed);
    // Neighbouring seeds begin alike; a few throws later they do not.
    for (let i = 0; i < 4; i++) this.#rng.next();
  }

  next(): number {
    return this.#rng.next();
  }

  /** Dice for one part of the world. */
  fork(): Dice {
    return new Dice(this.int(0, 0x7fffffff));
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  between(min: number, max: number): number {
    return min + this.next() * (max - min);
  }

  /** A whole number, both ends included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** Mostly near the mean, now and then several times as long. */
  around(meanMs: number): number {
    return -Math.log(1 - this.next()) * meanMs;
  }

  pick<T>(from: readonly T[]): T {
    return must(from[this.int(0, from.length - 1)], 'something to pick from');
  }

  /** null where there is nothing. */
  pickAny<T>(from: readonly T[]): T | null {
    return from.length === 0 ? null : this.pick(from);
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.int(0, 255));
  }
}
