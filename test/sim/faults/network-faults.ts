/** Between clients and nodes, from node to node, and readers that do not read. */
import type { SimLink } from '../sim-link.ts';
import type { Strikes, Surroundings } from './faults.ts';

export const NETWORK_FAULTS = {
  /** Packets vanish. */
  loss({ world: { office }, dice, lasts }) {
    office.lossChance = dice.pick([0.02, 0.1, 0.4]);
    lasts(2_000, () => {
      office.lossChance = 0;
    });
  },

  delay({ world: { office, plan }, dice, lasts }) {
    office.delayMaxMs = dice.pick([50, 200, 1_000]);
    lasts(2_000, () => {
      office.delayMaxMs = plan.packetDelayMaxMs;
    });
  },

  /** A subscription that looks alive and is dead. */
  deaf({ world, dice }) {
    dice.pickAny(world.running())?.mailbox.goDeaf();
  },

  /** From one node to another nothing passes. */
  cut({ world: { office, nodes }, dice, lasts }) {
    const [from, to] = [dice.pick([...nodes.keys()]), dice.pick([...nodes.keys()])];
    if (from === to) return;
    const isBoth = dice.chance(0.5);
    office.cutPair(from, to);
    if (isBoth) office.cutPair(to, from);
    lasts(1_500, () => {
      office.mendPair(from, to);
      if (isBoth) office.mendPair(to, from);
    });
  },

  disconnect({ world, dice }) {
    const soonMs = dice.between(0, 200);
    // An end that hears nothing gives up late: the client by its PING, the node by its idle timeout.
    const lateMs = dice.chance(0.3) ? dice.between(1_000, 20_000) : dice.between(0, 200);
    const [clientMs, nodeMs] = dice.chance(0.5) ? [soonMs, lateMs] : [lateMs, soonMs];
    dice.pickAny(world.links())?.cut(clientMs, nodeMs);
  },

  /** One, or a few on the same bad network. */
  'slow-reader'(around) {
    const links = around.world.links();
    for (let left = around.dice.int(1, 3); left > 0 && links.length > 0; left--) {
      stall(around, around.dice.pick(links));
    }
  },
} as const satisfies Strikes;

function stall({ world, dice, lasts }: Surroundings, link: SimLink): void {
  link.stall();
  let isOver = false;
  const trickleMs = dice.pick([20, 100, 100_000]);
  const trickle = (): void => {
    if (isOver) return;
    link.read(1);
    world.clock.after(trickleMs, trickle);
  };
  // The longest outlast the 10 s that a node allows (P20).
  lasts(dice.pick([1_000, 4_000, 20_000]), () => {
    isOver = true;
    link.read(null);
  });
  world.clock.after(trickleMs, trickle);
}
