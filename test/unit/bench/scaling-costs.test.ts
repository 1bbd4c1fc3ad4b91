import { describe, expect, test } from 'vitest';
import type { Result } from '../../../bench/report/read-results.ts';
import { COST_INPUTS, type Found, findCost, loadOf } from '../../../bench/report/scaling-costs.ts';
import type { Costs } from '../../../bench/report/scaling-model.ts';
import { planFor } from '../../../bench/report/scaling-model.ts';
import { figure, inputsTable, planTable, short } from '../../../bench/report/scaling-table.ts';
import { beatCost } from '../../../bench/scenarios/beats.ts';

function result(scenario: string, content: Result['content'], measuredAt = '2026-01-02T00:00:00Z'): Result {
  return {
    file: '',
    scenario,
    measuredAt,
    command: '',
    commit: '0123456789abcdef',
    modified: false,
    versions: {},
    cpu: '',
    cores: 2,
    memoryBytes: 0,
    kernel: '',
    failures: [],
    content,
  };
}

const ROW = { nodeNs: 1000, redisNs: 50, packetsPerDelivery: 0.001, framesPerDelivery: 0.05, valid: true };

function scale(valid = true, measuredAt?: string): Result {
  const content = {
    options: { clients: 500, room: 10, rate: 20, payload: 40 },
    medians: [
      { ...ROW, nodes: 1, spread: 'members' },
      { ...ROW, nodes: 2, spread: 'members', nodeNs: 3500, redisNs: 450, packetsPerDelivery: 0.101, valid },
      { ...ROW, nodes: 3, spread: 'members', nodeNs: 9999 },
      { ...ROW, nodes: 2, spread: 'rooms', nodeNs: 1500 },
    ],
    beat: { nodeUs: 50, redisUs: 5 },
  };
  return result('scale', content, measuredAt);
}

const RESULTS = [
  scale(),
  result('idle', {
    medians: [
      { server: 'raw uWS', perClient: 900, kernelPerClient: 1 },
      { server: 'Roomcast', perClient: 4000, kernelPerClient: 9000 },
    ],
    runs: [
      { server: 'raw uWS', emptyBytes: 1 },
      { server: 'Roomcast', emptyBytes: 130e6 },
    ],
  }),
  result('snapshots', {
    medians: [
      { durability: 'none', callsPerSecond: 1, redisShare: 0.01, rooms: 500 },
      { durability: 'snapshot', callsPerSecond: 501, redisShare: 0.06, rooms: 500 },
    ],
  }),
  result('latency', {
    medians: [
      { path: 'one node, nginx', share: 0.25, nginxNs: 1 },
      { path: 'one node, nginx', share: 0.5, nginxNs: 700 },
    ],
  }),
];

function cost(name: keyof Costs, results: readonly Result[] = RESULTS, given = 0): Found | null {
  const input = COST_INPUTS.find((one) => one.cost === name);
  return input === undefined ? null : findCost(input, results, given);
}

describe('costs', () => {
  test.each<[keyof Costs, number]>([
    ['eventNs', 1000],
    ['relayNs', 2000],
    ['packetsPerEvent', 0.1],
    ['redisPacketNs', 4],
    ['eventsPerFrame', 2],
    ['nodeBeatNs', 50],
    ['redisBeatNs', 5],
    ['redisCommitNs', 100],
    ['commitsPerRoomSecond', 1],
    ['clientBytes', 4000],
    ['kernelClientBytes', 4500],
    ['emptyNodeBytes', 130],
    ['nginxNs', 700],
  ])('%s comes from the results', (name, value) => {
    expect(cost(name)?.value).toBeCloseTo(value);
  });

  test('have an option and a scenario each', () => {
    expect(new Set(COST_INPUTS.map(({ option }) => option)).size).toBe(COST_INPUTS.length);
    expect(COST_INPUTS.map((input) => findCost(input, [], 0))).toEqual(COST_INPUTS.map(() => null));
  });

  test('can be given', () => {
    expect(cost('relayNs', [], 7)).toMatchObject({ value: 7, valid: true, source: '--relay-ns' });
  });

  test('come from a result that counts, even where a newer one does not', () => {
    const newer = scale(false, '2026-02-03T00:00:00Z');
    expect(cost('relayNs', [newer, scale()])).toMatchObject({ valid: true, source: 'scale, 2026-01-02, 0123456' });
    expect(cost('relayNs', [newer])).toMatchObject({ valid: false, source: 'scale, 2026-02-03, 0123456' });
  });

  test('that noise has made negative are none', () => {
    const medians = [
      { ...ROW, nodes: 1, spread: 'members' },
      { ...ROW, nodes: 2, spread: 'members', nodeNs: 900 },
      { ...ROW, nodes: 2, spread: 'rooms', nodeNs: 1000 },
    ];
    expect(cost('relayNs', [result('scale', { options: { room: 10 }, medians })])).toBeNull();
  });
});

test('the load is that of the measurement', () => {
  expect(loadOf(RESULTS)).toEqual({ room: 10, rate: 20, payload: 40 });
  expect(loadOf([])).toBeNull();
});

test('a heartbeat costs what two quiet clusters differ by', () => {
  const seldom = { seconds: 2, packets: 200, cpu: { node: 0.2, redis: 0.02, nginx: 0 } };
  const often = { seconds: 1, packets: 1100, cpu: { node: 0.15, redis: 0.02, nginx: 0 } };
  const cost = beatCost(seldom, often);
  expect(cost.nodeUs).toBeCloseTo(50);
  expect(cost.redisUs).toBeCloseTo(10);
});

test('the tables show where a cost is from, and a plan per number of connections', () => {
  const found = COST_INPUTS.flatMap((input) => findCost(input, [scale(false), ...RESULTS.slice(1)], 0) ?? []);
  expect(inputsTable(found)).toMatch(
    /^node CPU per event +1000 +ns +scale, 2026-01-02, 0123456, INVALID +--event-ns$/m,
  );
  const costs = Object.fromEntries(
    found.map(({ input, value }) => [input.cost, value * input.times]),
  ) as unknown as Costs;
  const works = [1e6, 1e7].map((connections) => {
    return { connections, room: 10, rate: 10, payloadBytes: 40, spread: 0, stateBytes: 0 };
  });
  const machine = { busy: 0.5, connectionsMax: 18_000, nodeBytesMax: 4e9 };
  const text = planTable(
    works,
    works.map((work) => planFor(work, costs, machine)),
  );
  expect(text).toMatch(/^connections +1 M +10 M$/m);
  expect(text).toMatch(/^events delivered\/s +100 M +1 G$/m);
  expect(text).toMatch(/^nodes are bound by +CPU, events \d+ %/m);
});

test('figures have three digits that count', () => {
  expect([1234.5, 123.45, 12.345, 1.2345, 0.012345, 0].map(figure)).toEqual([
    '1235',
    '123',
    '12.3',
    '1.23',
    '0.0123',
    '0',
  ]);
  expect([500, 18_000, 1_500_000, 1e10].map(short)).toEqual(['500', '18 k', '1.5 M', '10 G']);
});
