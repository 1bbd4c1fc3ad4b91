/** The simulator's model of a Redis deployment as a world of its own: replicas that lag by nothing, and failovers. */
import { MemoryMailboxHub } from '../../../src/cluster/memory-mailbox.ts';
import type { Directory, NodeStore } from '../../../src/cluster/ports.ts';
import { Dice } from '../../sim/dice.ts';
import { StoreDeployment } from '../../sim/store/deployment.ts';
import type { StoreWitness } from '../../sim/store/room-mark.ts';
import { Trace } from '../../sim/trace.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import type { World } from './worlds.ts';

export interface ModelWorld extends World {
  /** A replica takes the master's place. */
  failOver(): void;
  /** Rooms that went back behind what was answered for them. */
  readonly lapses: number;
}

export function modelWorld(seed: number): ModelWorld {
  const clock = new VirtualClock();
  const options = { replicas: 2, lagMaxMs: 0, skewMaxMs: 0, showsConnections: false };
  const deployment = new StoreDeployment(clock, new Dice(seed), new Trace(clock, null), nobody, options);
  const hub = new MemoryMailboxHub(clock);
  const directory: Directory = {
    isShared: true,
    claim: (request) => deployment.master.claim(request),
    transfer: (...args) => deployment.master.transfer(...args),
    release: (...args) => deployment.master.release(...args),
  };
  const nodes: NodeStore = {
    renew: (...args) => deployment.master.renew(...args),
    remove: (node) => deployment.master.remove(node),
    isAlive: (node) => deployment.master.ports.nodes.isAlive(node),
    isConnected: async () => null,
  };
  return {
    directory,
    nodes,
    snapshots: { commit: (batch) => deployment.master.commit(batch) },
    log: { append: (batch) => deployment.master.append(batch) },
    sessions: { open: (...args) => deployment.master.openSession(...args) },
    mailbox: () => hub.mailbox(),
    foreignMailbox: () => new MemoryMailboxHub(clock).mailbox(),
    settle: () => clock.settle(),
    passMs: async (ms) => clock.advance(ms),
    ttlMs: async (room) => deployment.master.store.rooms.ttlMs(room),
    async refuse(room) {
      deployment.master.store.refused.add(room);
      return async () => void deployment.master.store.refused.delete(room);
    },
    forget: async () => deployment.empty(),
    timeMs: async () => deployment.master.clock.wall(),
    close: async () => {},
    failOver() {
      deployment.lose(true);
      deployment.promote();
      deployment.comeBack();
    },
    get lapses() {
      return deployment.lapses;
    },
  };
}

const nobody: StoreWitness = {
  claimed: () => {},
  committed: () => {},
  appended: () => {},
  released: () => {},
  transferred: () => {},
  isBack: () => {},
  forgot: () => {},
};
