import { expect, test } from 'vitest';
import { relayMedians, relayTable } from '../../../bench/scenarios/relay-table.ts';
import { sharedCoreNote } from '../../../bench/scenarios/shared-core.ts';
import { medianFigures, notesOf } from '../../../bench/scenarios/topology-figures.ts';
import { nsPerEvent } from '../../../bench/scenarios/topology-run.ts';
import { countersBetween, sumCounters } from '../../../bench/servers/node-counters.ts';
import { clusterOf, RAW_TOPOLOGY } from '../../../bench/servers/topology.ts';
import { runOf } from './topology-fixture.ts';

test('the CPU of each kind of process is told apart', () => {
  const run = runOf({ nodeCpu: 2, redisCpu: 1, events: 100_000 });
  expect(run.cpu).toEqual({ node: 2, redis: 1, nginx: 0 });
  expect(nsPerEvent(run, 'node')).toBeCloseTo(20_000);
  expect(nsPerEvent(run, 'redis')).toBeCloseTo(10_000);
  expect(run.eventsPerCpuSecond).toBeCloseTo(100_000 / 3);
});

test('what nodes did is told per event delivered', () => {
  const run = runOf({ events: 1000, counters: { events: 100, frames: 50, packets: 20, commits: 10 } });
  expect(run.perDelivery).toEqual({ events: 0.1, frames: 0.05, packets: 0.02, commits: 0.01 });
});

test('medians are of valid runs, and of all where none is valid', () => {
  const runs = [100_000, 200_000, 900_000].map((events, i) => runOf({ events, swarm: i === 2 ? 1 : 0.5 }));
  expect(medianFigures(runs)).toMatchObject({ runs: 2, valid: true, eventsPerSecond: 15_000 });
  expect(medianFigures(runs.slice(2))).toMatchObject({ runs: 1, valid: false, eventsPerSecond: 90_000 });
  expect(notesOf(runs)).toEqual([expect.stringMatching(/^run 3 \(2 nodes\) does not count: .*swarm's cores 100 %/)]);
});

test('relay holds each cluster against raw uWS', () => {
  const raw = runOf({ plan: RAW_TOPOLOGY, nodeCpu: 1, redisCpu: 0, events: 100_000 });
  const two = runOf({ nodeCpu: 1.5, redisCpu: 0.5, events: 50_000 });
  const medians = relayMedians(['raw uWS', '2 nodes'], [raw, two]);
  expect(medians[1]).toMatchObject({ perCpuRatio: 0.25, perSecondRatio: 0.5 });
  const text = relayTable([raw, two], medians);
  expect(text).toContain('2 nodes with Redis ÷ raw uWS: 0.25 × events per CPU-second, 0.50 × events per second');
  expect(text).toMatch(/2 nodes +5 000 +25 000 +75 % +25 %/);
});

test('it is said where several processes share a core', () => {
  expect(sharedCoreNote({ server: [0], swarm: [1] })).toMatch(/share one core, the swarm has the other:/);
  expect(sharedCoreNote({ server: [0], swarm: [1, 2, 3] })).toMatch(/the swarm has the other 3:/);
  expect(sharedCoreNote({ server: [0], swarm: [0] })).toMatch(/and the swarm share/);
});

test('counters are summed over nodes, and taken between two looks', () => {
  const metrics = (n: number) =>
    [
      'roomcast_events_total{node="a"} ',
      'roomcast_event_frames_total{node="a"} ',
      'roomcast_packets_out_total{node="a"} ',
      'roomcast_commits_total{node="a"} ',
    ]
      .map((line, i) => line + (n + i))
      .join('\n');
  const sum = sumCounters([metrics(1), metrics(10)]);
  expect(sum).toEqual({ events: 11, frames: 13, packets: 15, commits: 17 });
  expect(countersBetween({ events: 1, frames: 1, packets: 1, commits: 1 }, sum)).toMatchObject({ events: 10 });
});

test('a cluster has Redis, raw uWS is one process', () => {
  expect(clusterOf(1)).toMatchObject({ name: '1 node', nodes: 1, redis: true, nginx: false });
  expect(RAW_TOPOLOGY).toMatchObject({ nodes: 1, redis: false });
});
