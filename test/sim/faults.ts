/**
 * What goes wrong in a run, and when. Each seed has some kinds of fault and not the others, so that one kind is also seen
 * alone, and many together. Every fault ends by itself, at the latest when the run's faults are over.
 */
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import type { World } from './world.ts';

export const FAULTS = [
  'loss',
  'delay',
  'deaf',
  'cut',
  'disconnect',
  'slow-reader',
  'slow-store',
  'store-hangs',
  'store-breaks',
  'restart',
  'crash',
] as const;

export type Fault = (typeof FAULTS)[number];

export class Faults {
  readonly counts = new Map<Fault, number>();
  readonly #world: World;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #kinds: readonly Fault[];
  readonly #meanMs: number;
  /** Ends of faults that last; all are run when the faults are over. */
  readonly #ends = new Set<() => void>();
  #isOver = false;

  constructor(world: World, allowed: readonly Fault[]) {
    this.#world = world;
    this.#clock = world.clock;
    this.#dice = world.dice.fork();
    const share = this.#dice.pick([0.15, 0.4, 1]);
    this.#kinds = allowed.filter(() => this.#dice.chance(share));
    this.#meanMs = this.#dice.pick([400, 1_500, 4_000]);
  }

  start(): void {
    if (this.#kinds.length === 0) return;
    this.#clock.after(this.#dice.around(this.#meanMs), () => {
      if (this.#isOver) return;
      this.#strike(this.#dice.pick(this.#kinds));
      this.start();
    });
  }

  /** Everything is mended. */
  stop(): void {
    this.#isOver = true;
    for (const end of [...this.#ends]) end();
  }

  #strike(kind: Fault): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
    this.#world.trace.step('fault', kind, () => '');
    switch (kind) {
      case 'loss':
        return this.#loss();
      case 'delay':
        return this.#delay();
      case 'deaf':
        return this.#dice.pickAny(this.#world.running())?.mailbox.goDeaf();
      case 'cut':
        return this.#cut();
      case 'disconnect':
        return this.#disconnect();
      case 'slow-reader':
        return this.#slowReader();
      case 'slow-store':
        return this.#slowStore();
      case 'store-hangs':
        return this.#storeFails((line) => line.hang());
      case 'store-breaks':
        return this.#storeFails((line) => line.break());
      case 'restart':
        return this.#restart();
      case 'crash':
        return this.#crash();
    }
  }

  #for(ms: number, end: () => void): void {
    const once = (): void => {
      if (this.#ends.delete(once)) end();
    };
    this.#ends.add(once);
    this.#clock.after(ms, once);
  }

  #loss(): void {
    const { office } = this.#world;
    office.lossChance = this.#dice.pick([0.02, 0.1, 0.4]);
    this.#for(this.#dice.around(2_000), () => {
      office.lossChance = 0;
    });
  }

  #delay(): void {
    const { office, plan } = this.#world;
    office.delayMaxMs = this.#dice.pick([50, 200, 1_000]);
    this.#for(this.#dice.around(2_000), () => {
      office.delayMaxMs = plan.packetDelayMaxMs;
    });
  }

  #cut(): void {
    const { office, nodes } = this.#world;
    const [from, to] = [this.#dice.pick([...nodes.keys()]), this.#dice.pick([...nodes.keys()])];
    if (from === to) return;
    const isBoth = this.#dice.chance(0.5);
    office.cutPair(from, to);
    if (isBoth) office.cutPair(to, from);
    this.#for(this.#dice.around(1_500), () => {
      office.mendPair(from, to);
      if (isBoth) office.mendPair(to, from);
    });
  }

  #disconnect(): void {
    const soonMs = this.#dice.between(0, 200);
    // An end that hears nothing gives up late: the client by its PING, the node by its idle timeout.
    const lateMs = this.#dice.chance(0.3) ? this.#dice.between(1_000, 20_000) : this.#dice.between(0, 200);
    const [clientMs, nodeMs] = this.#dice.chance(0.5) ? [soonMs, lateMs] : [lateMs, soonMs];
    this.#dice.pickAny(this.#world.links())?.cut(clientMs, nodeMs);
  }

  #slowReader(): void {
    const link = this.#dice.pickAny(this.#world.links());
    if (!link) return;
    link.stall();
    const trickleMs = this.#dice.pick([20, 100, 100_000]);
    const trickle = (): void => {
      if (!this.#ends.has(end)) return;
      link.read(1);
      this.#clock.after(trickleMs, trickle);
    };
    const end = (): void => {
      if (this.#ends.delete(end)) link.read(null);
    };
    this.#ends.add(end);
    // The longest outlast the 10 s that a node allows (P20).
    this.#clock.after(this.#dice.around(this.#dice.pick([1_000, 4_000, 20_000])), end);
    this.#clock.after(trickleMs, trickle);
  }

  #slowStore(): void {
    const slow = this.#some();
    for (const node of slow) node.line.latencyMaxMs = this.#dice.pick([50, 300, 1_500]);
    this.#for(this.#dice.around(2_000), () => {
      for (const node of slow) node.line.latencyMaxMs = this.#world.plan.storeLatencyMaxMs;
    });
  }

  #storeFails(fail: (line: ReturnType<World['running']>[number]['line']) => void): void {
    const lost = this.#some();
    this.#world.storeHasFailed = true;
    for (const node of lost) fail(node.line);
    this.#for(this.#dice.around(1_200), () => {
      for (const node of lost) node.line.mend();
    });
  }

  #restart(): void {
    const node = this.#dice.pickAny(this.#world.running());
    if (!node) return;
    const again = (): void => {
      this.#for(this.#dice.around(1_000), () => this.#world.startNode(node.id));
      if (this.#isOver) this.stop();
    };
    node.stop().then(again, (error: unknown) => this.#world.report('fault', `${node.key} did not stop: ${error}`));
  }

  #crash(): void {
    const node = this.#dice.pickAny(this.#world.running());
    if (!node) return;
    node.crash();
    this.#for(this.#dice.around(2_500), () => this.#world.startNode(node.id));
  }

  /** One node, or all of them. */
  #some(): ReturnType<World['running']> {
    const running = this.#world.running();
    return this.#dice.chance(0.5) ? running : running.slice(0, 1);
  }
}
