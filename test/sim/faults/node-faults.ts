/** Processes that stop, die, stand still, or sit on a machine whose clock is set. */
import type { Strikes } from './faults.ts';

export const NODE_FAULTS = {
  /** As a SIGTERM and a new start. */
  restart({ world, dice, lasts }) {
    const node = dice.pickAny(world.running());
    if (!node) return;
    // Killed before it had stopped, it is started again as the crash has it.
    const again = (): void => {
      if (node.state === 'stopped') lasts(1_000, () => world.startNode(node.id));
    };
    node.stop().then(again, (error: unknown) => world.report('fault', `${node.key} did not stop: ${error}`));
  },

  /** As kill -9; the next life may begin while the heartbeat of this one still stands in the store. */
  crash({ world, dice, lasts }) {
    const node = dice.pickAny(world.living());
    if (!node) return;
    node.crash();
    lasts(dice.pick([200, 2_500]), () => world.startNode(node.id));
  },

  /** As SIGSTOP and SIGCONT: up to three times as long as its heartbeat lives. */
  pause({ world, dice, lastsFor }) {
    const node = dice.pickAny(world.living());
    if (!node) return;
    node.process.pause();
    const ttlMs = world.plan.node.nodeTtlMs;
    lastsFor(dice.chance(0.3) ? dice.between(50, ttlMs) : dice.between(ttlMs, 3 * ttlMs), () => node.process.resume());
  },

  'clock-step'({ world, dice }) {
    dice.pickAny(world.running())?.process.stepWall(dice.int(-180_000, 180_000));
  },
} as const satisfies Strikes;
