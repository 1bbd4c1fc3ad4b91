/**
 * What goes wrong in a run, and when. Each seed has some kinds of fault and not the others, so that one kind is also seen
 * alone, and many together. Every fault ends by itself, at the latest when the run's faults are over.
 */
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { Dice } from '../dice.ts';
import type { World } from '../world.ts';
import { NETWORK_FAULTS } from './network-faults.ts';
import { NODE_FAULTS } from './node-faults.ts';
import { STORE_FAULTS } from './store-faults.ts';

const STRIKES = { ...NETWORK_FAULTS, ...NODE_FAULTS, ...STORE_FAULTS };

export type Fault = keyof typeof STRIKES;

export const FAULTS = Object.keys(STRIKES) as readonly Fault[];

/** What one strike has at hand. */
export interface Surroundings {
  readonly world: World;
  readonly dice: Dice;
  /** Runs `end` after about `meanMs`, or when the faults are over. */
  readonly lasts: (meanMs: number, end: () => void) => void;
  /** Exactly so long, otherwise as above. */
  readonly lastsFor: (ms: number, end: () => void) => void;
}

export type Strikes = Readonly<Record<string, (around: Surroundings) => void>>;

export class Faults implements Surroundings {
  readonly counts = new Map<Fault, number>();
  readonly world: World;
  readonly dice: Dice;
  readonly #clock: VirtualClock;
  readonly #kinds: readonly Fault[];
  readonly #meanMs: number;
  /** Ends of faults that last; all are run when the faults are over. */
  readonly #ends = new Set<() => void>();
  #isOver = false;

  constructor(world: World, allowed: readonly Fault[]) {
    this.world = world;
    this.#clock = world.clock;
    this.dice = world.dice.fork();
    const share = this.dice.pick([0.15, 0.4, 1]);
    this.#kinds = allowed.filter(() => this.dice.chance(share));
    this.#meanMs = this.dice.pick([400, 1_500, 4_000]);
  }

  start(): void {
    if (this.#kinds.length === 0) return;
    this.#clock.after(this.dice.around(this.#meanMs), () => {
      if (this.#isOver) return;
      this.#strike(this.dice.pick(this.#kinds));
      this.start();
    });
  }

  /** Everything is mended. */
  stop(): void {
    this.#isOver = true;
    for (const end of [...this.#ends]) end();
  }

  readonly lasts = (meanMs: number, end: () => void): void => this.lastsFor(this.dice.around(meanMs), end);

  readonly lastsFor = (ms: number, end: () => void): void => {
    const once = (): void => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    // What a fault does late, when all are over already, ends at once.
    this.#clock.after(this.#isOver ? 0 : ms, once);
  };

  #strike(kind: Fault): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.world.trace.step('fault', kind, () => '');
    STRIKES[kind](this);
  }
}
