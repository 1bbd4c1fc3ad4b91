import { describe, expect, test } from 'vitest';
import { type Costs, type Machine, planFor, type Workload } from '../../../bench/report/scaling-model.ts';

const WORK: Workload = { connections: 1e6, room: 10, rate: 10, payloadBytes: 40, spread: 0, stateBytes: 0 };

/** Nothing costs anything but what a test names. */
const FREE: Costs = {
  eventNs: 0,
  relayNs: 0,
  packetsPerEvent: 0,
  redisPacketNs: 0,
  redisCommitNs: 0,
  redisBeatNs: 0,
  nodeBeatNs: 0,
  commitsPerRoomSecond: 1,
  eventsPerFrame: 1,
  clientBytes: 0,
  kernelClientBytes: 0,
  emptyNodeBytes: 0,
  nginxNs: 0,
};

const MACHINE: Machine = { busy: 0.5, connectionsMax: 1e9, nodeBytesMax: 1e15 };

describe('nodes', () => {
  test('are as many as the CPU of all events fills, to the share that is planned with', () => {
    // 10^8 events per second × 1 µs = 100 cores, half full.
    const plan = planFor(WORK, { ...FREE, eventNs: 1000 }, MACHINE);
    expect(plan).toMatchObject({ eventsPerSecond: 1e8, rooms: 1e5, nodes: 200, clientsPerNode: 5000, cells: 1 });
    expect(plan.nodeLimits[0]).toEqual(['CPU, events', 1]);
  });

  test('are as many as their connections need', () => {
    const plan = planFor(WORK, { ...FREE, eventNs: 10 }, { ...MACHINE, connectionsMax: 18_000 });
    expect(plan.nodes).toBe(56);
    expect(plan.nodeLimits.map(([name]) => name).slice(0, 2)).toEqual(['connections', 'CPU, events']);
  });

  test('are as many as clients and the histories of rooms fill', () => {
    const costs = { ...FREE, clientBytes: 10_000, emptyNodeBytes: 1e8 };
    const plan = planFor(WORK, costs, { ...MACHINE, nodeBytesMax: 1.1e9 });
    // 10 GB of clients and 13.1 GB of histories, 1 GB in each node.
    expect(plan.nodes).toBe(24);
    expect(plan.nodeLimits[0]?.[0]).toBe('memory');
  });

  test('pay for rooms that are on two of them', () => {
    const costs = { ...FREE, eventNs: 1000, relayNs: 1000, packetsPerEvent: 1 };
    expect(planFor({ ...WORK, spread: 0.5 }, costs, MACHINE).nodes).toBe(300);
  });

  test('pay for packets that are no longer batched', () => {
    const costs = { ...FREE, nodeBeatNs: 1000, packetsPerEvent: 0.1 };
    // Of 10 M messages 15 M packets, less the 10 M that the measurement had: 5 M × 1 µs, half full; here a little less.
    const plan = planFor({ ...WORK, connections: 990_000, spread: 1 }, costs, MACHINE);
    expect(plan.nodeLimits[0]?.[0]).toBe('CPU, relay');
    expect(plan.nodes).toBe(10);
  });

  test('pay for the heartbeats that more of them bring', () => {
    const costs = { ...FREE, eventNs: 1000, nodeBeatNs: 100_000 };
    // 5 × 0.1 ms / 0.5 for each other node: with 250 nodes a quarter of the core is gone.
    const plan = planFor(WORK, costs, MACHINE);
    expect(plan.nodes).toBeGreaterThan(250);
    expect(plan.nodes).toBeLessThan(280);
  });
});

describe('Redis', () => {
  test('is as many as packets fill', () => {
    // Of 10 M messages a tenth × 1.5 packets × 1 µs = 1.5 cores, half full; here a little less.
    expect(
      planFor({ ...WORK, connections: 990_000, spread: 0.1 }, { ...FREE, redisPacketNs: 1000 }, MACHINE).cells,
    ).toBe(3);
  });

  test('is as many as snapshots fill', () => {
    const plan = planFor(WORK, { ...FREE, redisCommitNs: 10_000 }, MACHINE);
    expect(plan.cells).toBe(2);
    expect(plan.redisLimits[0]).toEqual(['snapshots', 1]);
  });

  test('is parted where the square of the nodes is too much for one', () => {
    const costs = { ...FREE, eventNs: 1000, redisBeatNs: 10_000 };
    // One of them carries 100 nodes: 100² × 5 × 10 µs = 0.5.
    const plan = planFor(WORK, costs, MACHINE);
    expect(plan).toMatchObject({ cells: 2, nodesPerCell: 100 });
  });

  test('that is over its limit whatever is done is said to be so', () => {
    expect(() => planFor(WORK, { ...FREE, redisBeatNs: 1e9 }, MACHINE)).toThrow('no plan');
  });
});

test('bandwidth is payload and headers, of events and of what clients send', () => {
  const plan = planFor({ ...WORK, connections: 100, room: 10, rate: 1 }, { ...FREE, eventsPerFrame: 2 }, MACHINE);
  expect(plan.outBitsPerSecond).toBe(8 * (1000 * 52 + 500 * 90));
  expect(plan.inBitsPerSecond).toBe(8 * 100 * (40 + 26 + 60));
});

test('the clients of a dead node are back as fast as the others admit them', () => {
  const plan = planFor(WORK, FREE, { ...MACHINE, connectionsMax: 10_000 });
  expect(plan.rejoinSeconds).toBeCloseTo(10_000 / (99 * 2000));
});
