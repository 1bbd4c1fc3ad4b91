import { expect, test } from 'vitest';
import type { ProbeReport, ProbesReport } from '../../../bench/probes/plan.ts';
import { RoomStory } from '../../../bench/probes/room-story.ts';
import {
  brokenByCrash,
  type FailoverRun,
  failoverRun,
  groupOf,
  sumRooms,
} from '../../../bench/scenarios/failover-run.ts';
import { failoverTable, pauseRows } from '../../../bench/scenarios/failover-table.ts';
import type { Window } from '../../../bench/swarm/swarm.ts';
import { sumTallies, type TallySum } from '../../../bench/swarm/tally.ts';

function probe(node: number, part: Partial<ProbeReport> = {}): ProbeReport {
  return { node, ownerDied: false, pauseBeforeMs: 10, pauseMs: 20, isUpToDate: true, holes: 0, ...part };
}

type Room = ProbesReport['rooms'][number];

function room(durability: Room['durability'], part: Partial<Room> = {}): Room {
  return { ...new RoomStory('bench:probe-0').judge(0), durability, epochs: 1, done: 100, ...part };
}

const LOAD = { messagesPerSecond: 100, clientsLost: 20, serverCores: [0], swarmCores: [1] };

/** Node 2 was killed, on a machine of its own; `busy` is the share of the server's core that others took. */
function runOf(probes: ProbeReport[], rooms: Room[], tally: Partial<TallySum> = {}, busy = 0): FailoverRun {
  const cores = (share: number) => [0, 1].map((core) => ({ core, busy: share * 10, idle: 10 - share * 10, stolen: 0 }));
  const none = [0, 1].map((core) => ({ core, busy: 0, idle: 0, stolen: 0 }));
  const from = {
    atMs: 0,
    tally: sumTallies([]),
    serverCpu: 0,
    serverCpus: [],
    serverBytes: 0,
    swarmCpu: 0,
    cores: none,
  };
  const to = { ...from, atMs: 10_000, cores: cores(busy), tally: { ...sumTallies([]), sent: 1000, events: 5000 } };
  const window: Window = {
    is: 'window',
    from,
    to,
    residentMostBytes: 0,
    buffered: null,
    outcomes: [],
    latencyUs: [],
    lateUs: [],
  };
  const end = { ...to, tally: { ...to.tally, broken: LOAD.clientsLost, ...tally } };
  return failoverRun(1, { probes, rooms }, window, end, LOAD);
}

test('probes are told apart by what the crash took from them', () => {
  const run = runOf([probe(1), probe(1, { ownerDied: true }), probe(0, { ownerDied: true }), probe(2)], []);
  expect(run.report.probes.map((one) => groupOf(run, one))).toEqual([
    'node died',
    'node died',
    'owner died',
    'neither',
  ]);
});

test('pauses are of the probes of all runs that count', () => {
  const runs = [
    runOf([probe(1, { pauseMs: 300 }), probe(0)], []),
    runOf([probe(1, { pauseMs: 100 })], []),
    runOf([probe(1, { pauseMs: 9000 })], [], {}, 0.5),
  ];
  const [dead, owner] = pauseRows(runs);
  expect(dead).toMatchObject({ group: 'node died', probes: 2, valid: true, after: { p50Ms: 100, maxMs: 300 } });
  expect(owner).toMatchObject({ probes: 0 });
  expect(failoverTable(runs, pauseRows(runs))).toContain("run 3 does not count: others took 50 % of the server's core");
});

test('rooms are summed by durability', () => {
  const rooms = [
    room('snapshot', { epochs: 2, lost: 3, takenBackMs: 70 }),
    room('snapshot', { takenBackMs: 20 }),
    room('log'),
  ];
  expect(sumRooms({ probes: [], rooms }, 'snapshot')).toMatchObject({
    rooms: 2,
    takenOver: 1,
    lost: 3,
    takenBackMs: 70,
  });
});

test('a crash may take back the youngest events of snapshot rooms, and nothing else', () => {
  const young = room('snapshot', { epochs: 2, lost: 30, takenBack: 30, takenBackMs: 900 });
  expect(brokenByCrash(runOf([probe(0)], [young, room('log', { epochs: 2 })]))).toEqual([]);
});

test.each([
  [room('snapshot', { takenBackMs: 2000 }), 'node2 killed: snapshot rooms lost events 2000 ms old'],
  [room('snapshot', { lost: 1, vanished: 1 }), 'node2 killed: 1 lost in snapshot rooms, and not taken back'],
  [room('log', { lost: 2 }), 'node2 killed: 2 lost in log rooms'],
  [room('log', { takenBack: 2 }), 'node2 killed: 2 taken back in log rooms'],
  [room('log', { doubled: 1 }), 'node2 killed: 1 doubled'],
  [room('log', { open: 4 }), 'node2 killed: 4 never done'],
])('what is broken in a room fails: %j', (broken, text) => {
  expect(brokenByCrash(runOf([], [broken]))).toEqual([text]);
});

test('what probes and the clients of other nodes miss fails', () => {
  const run = runOf([probe(0, { holes: 2 }), probe(2, { isUpToDate: false })], [], { lost: 3, broken: 21 });
  expect(brokenByCrash(run)).toEqual([
    'node2 killed: 2 holes at probes',
    'node2 killed: 1 probes not up to date at the end',
    'node2 killed: 3 lost at other nodes',
    'node2 killed: 1 connections lost at other nodes',
  ]);
});
