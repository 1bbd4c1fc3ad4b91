/** The store and the ways to it. What breaks the store itself waits until it has come back from the last time. */
import type { World } from '../world.ts';
import type { Strikes, Surroundings } from './faults.ts';

export const STORE_FAULTS = {
  'slow-store'({ world, dice, lasts }) {
    const slow = some(world, dice);
    for (const { access } of slow) access.latencyMaxMs = dice.pick([50, 300, 1_500]);
    lasts(2_000, () => {
      for (const { access } of slow) access.latencyMaxMs = world.plan.storeLatencyMaxMs;
    });
  },

  /** Calls do not arrive, or answers and packets do not, or neither. */
  partition({ world, dice, lasts }) {
    const lost = some(world, dice);
    const ways = dice.pick([['there'], ['back'], ['there', 'back']] as const);
    for (const { access } of lost) for (const way of ways) access.path.cut(way);
    lasts(dice.pick([1_200, 4_000]), () => {
      for (const { access } of lost) access.path.mend();
    });
  },

  /** Both connections of a node, or those of all, are closed. They come back, at once or when new ones get through. */
  'connections-killed'({ world, dice, lasts }) {
    const node = dice.chance(0.7) ? dice.pickAny(world.running()) : null;
    world.store.master.closeSockets(node?.key ?? null);
    if (node === null || dice.chance(0.5)) return;
    node.access.path.cut('there');
    lasts(700, () => node.access.path.mend());
  },

  'store-restart'(around) {
    away(around, 1_000, () => {});
  },

  'store-empty'(around) {
    away(around, 1_000, () => around.world.store.empty());
  },

  failover(around) {
    away(around, 1_500, () => around.world.store.promote());
  },

  /** A master that has become a replica, or one without room. */
  'store-refuses'({ world, dice, lasts }) {
    const { master } = world.store;
    if (master.state !== 'serving') return;
    master.state = dice.pick(['read-only', 'full']);
    lasts(1_500, () => {
      if (master.state !== 'away') master.state = 'serving';
    });
  },

  /** Its clock is set: keys live longer, or are over at once, and TIME is another. */
  'store-clock'({ world, dice }) {
    const ms = dice.pick([dice.int(-180_000, 180_000), dice.int(-2_000, 2_000)]);
    world.store.master.clock.step(ms);
    // A node that looks through slow answers can't tell a small step from them.
    if (ms > 0 && ms < world.plan.node.nodeTtlMs) world.oneOwner.clockSet();
  },
} as const satisfies Strikes;

/** The master is gone for a while, and the connections with it; `then` says what is there when it comes back. */
function away({ world, dice, lasts }: Surroundings, meanMs: number, then: () => void): void {
  const { store } = world;
  if (store.master.state === 'away') return;
  store.lose(dice.chance(0.8));
  lasts(meanMs, () => {
    then();
    store.comeBack();
  });
}

/** One node, or all of them. */
function some(world: World, dice: Surroundings['dice']): ReturnType<World['running']> {
  const running = world.running();
  const one = dice.pickAny(running);
  return dice.chance(0.5) || one === null ? running : [one];
}
