/** What a seed decides about a run before it begins. */
import type { NodeCoreOptions } from '../../src/node/node-core.ts';
import { DEFAULT_LIMITS } from '../../src/protocol/limits.ts';
import type { Dice } from './dice.ts';
import type { LinkOptions } from './sim-link.ts';
import { planRooms, type RoomPlan } from './sim-rooms.ts';
import type { DeploymentOptions } from './store/deployment.ts';

export interface RunPlan {
  readonly nodes: readonly string[];
  readonly clients: number;
  readonly rooms: readonly RoomPlan[];
  /** How long clients act and faults come. */
  readonly activeMs: number;
  /** Between two acts of one client. */
  readonly thinkMs: number;
  readonly graceMs: number;
  readonly turnMaxMs: number;
  readonly utilization: number;
  readonly storeLatencyMaxMs: number;
  readonly store: DeploymentOptions;
  readonly packetDelayMaxMs: number;
  readonly link: LinkOptions;
  readonly node: Omit<NodeCoreOptions, 'id' | 'incarnation' | 'storeTimeoutMs'>;
}

/** Between two acts of all clients together: rules break by what meets, and more of the same meets nothing new. */
const ACT_EACH_MS = 80;

export function planRun(dice: Dice): RunPlan {
  const latencyMinMs = dice.between(0.2, dice.pick([5, 20, 150]));
  const clients = dice.int(4, 20);
  return {
    nodes: ['n1', 'n2', 'n3', 'n4'].slice(0, dice.int(2, 4)),
    clients,
    rooms: planRooms(dice, dice.int(1, 5)),
    activeMs: dice.int(10_000, 32_000),
    thinkMs: Math.max(dice.pick([150, 400, 1_000]), clients * ACT_EACH_MS),
    graceMs: dice.int(1_500, 8_000),
    turnMaxMs: dice.pick([0, 0.5, 4]),
    utilization: dice.pick([0, 1]),
    storeLatencyMaxMs: dice.pick([0.5, 2, 15]),
    store: {
      replicas: dice.int(1, 2),
      lagMaxMs: dice.pick([0.5, 20, 300, 2_000]),
      skewMaxMs: dice.pick([0, 20, 2_000]),
      showsConnections: dice.chance(0.8),
    },
    packetDelayMaxMs: dice.pick([0.5, 3, 30]),
    link: {
      latencyMinMs,
      latencyMaxMs: latencyMinMs + dice.pick([1, 10, 60]),
      kernelBytes: dice.pick([1_000, 4_000, 64_000]),
    },
    node: {
      sessionSecret: 'the secret of a simulated cluster, 32 bytes at least',
      sessionTtlMs: 3_600_000,
      limits: { ...DEFAULT_LIMITS, commandsPerSec: dice.pick([20, 120]), keepAliveMs: 5_000 },
      joinsPerSec: dice.pick([5, 2_000]),
      backpressureBytesMax: dice.pick([1_000, 4_000, 64_000]),
      historyBytesMax: dice.pick([500, 4_000, 256_000]),
      flushIntervalMaxMs: dice.pick([0, 2, 10]),
      snapshotDebounceMs: dice.pick([20, 200]),
      snapshotLatestMs: dice.pick([200, 1_000]),
      roomIdleMs: dice.int(300, 4_000),
      roomTtlActiveMs: 3_600_000,
      roomTtlWaitingMs: 1_800_000,
      nodeHeartbeatMs: 1_000,
      nodeTtlMs: 3_000,
      peerHeartbeatMs: dice.pick([250, 500]),
      drainTimeoutMs: dice.pick([1_000, 5_000]),
    },
  };
}
