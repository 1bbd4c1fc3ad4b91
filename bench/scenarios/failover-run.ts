import { type Sample, type Span, spanBetween } from '../host/sample.ts';
import type { ProbeReport, ProbesReport } from '../probes/plan.ts';
import type { Durability } from '../probes/room-name.ts';
import type { RoomVerdict } from '../probes/room-story.ts';
import type { Window } from '../swarm/swarm.ts';
import { type Told, type Validity, validityOf, vitalsIn } from './validity.ts';

/** Probes by what the crash took from them. */
export const GROUPS = ['node died', 'owner died', 'neither'] as const;
export type Group = (typeof GROUPS)[number];

/** One crash of one node. */
export interface FailoverRun extends Validity, Told {
  /** Index of the node that was killed. */
  readonly victim: number;
  readonly report: ProbesReport;
  readonly span: Span;
  readonly swarmShare: number;
  /** What the raw clients of the other nodes counted, in rooms that the crash did not touch. */
  readonly survivors: {
    readonly lost: number;
    readonly doubled: number;
    readonly disordered: number;
    readonly refused: number;
    /** Connections lost beyond those of the dead node. */
    readonly broken: number;
  };
}

export interface FailoverLoad {
  /** Of the raw clients that are left after the crash. */
  readonly messagesPerSecond: number;
  /** Raw clients of the dead node. */
  readonly clientsLost: number;
  readonly serverCores: readonly number[];
  readonly swarmCores: readonly number[];
}

/** `window` is the load from the crash on, `end` when everything has come. */
export function failoverRun(
  victim: number,
  report: ProbesReport,
  window: Window,
  end: Sample,
  load: FailoverLoad,
): FailoverRun {
  const span = spanBetween(window.from, window.to, load.serverCores, load.swarmCores);
  const { lost, doubled, disordered, refused, broken } = end.tally;
  return {
    ...validityOf(span, window.lateUs, load.messagesPerSecond, load.serverCores.length),
    victim,
    report,
    span,
    swarmShare: span.swarmCoreBusy,
    ...vitalsIn(window),
    survivors: { lost, doubled, disordered, refused, broken: Math.abs(broken - load.clientsLost) },
  };
}

export function groupOf(run: FailoverRun, probe: ProbeReport): Group {
  if (probe.node === run.victim) return 'node died';
  return probe.ownerDied ? 'owner died' : 'neither';
}

/** All rooms of one durability. */
export interface RoomSum extends Omit<RoomVerdict, 'room' | 'epochs'> {
  readonly rooms: number;
  readonly takenOver: number;
}

export function sumRooms(report: ProbesReport, durability: Durability): RoomSum {
  const rooms = report.rooms.filter((room) => room.durability === durability);
  const sum = (of: (room: (typeof rooms)[number]) => number) => rooms.reduce((total, room) => total + of(room), 0);
  return {
    rooms: rooms.length,
    takenOver: rooms.filter(({ epochs }) => epochs > 1).length,
    done: sum(({ done }) => done),
    lost: sum(({ lost }) => lost),
    vanished: sum(({ vanished }) => vanished),
    doubled: sum(({ doubled }) => doubled),
    disagreed: sum(({ disagreed }) => disagreed),
    takenBack: sum(({ takenBack }) => takenBack),
    takenBackMs: Math.max(0, ...rooms.map(({ takenBackMs }) => takenBackMs)),
    open: sum(({ open }) => open),
    refused: sum(({ refused }) => refused),
  };
}

/**
 * SNAPSHOT_LATEST_MS, and what a commit may take on its way under load (guess: half of that): older events than this
 * must survive in rooms of durability `snapshot`.
 */
const TAKEN_BACK_MS_MAX = 1000 + 500;

/** What Roomcast promises of a crash and did not keep. */
export function brokenByCrash(run: FailoverRun): string[] {
  const snapshot = sumRooms(run.report, 'snapshot');
  const log = sumRooms(run.report, 'log');
  const counts = {
    'lost in log rooms': log.lost,
    'taken back in log rooms': log.takenBack,
    'lost in snapshot rooms, and not taken back': snapshot.vanished,
    doubled: snapshot.doubled + log.doubled,
    'seen differently': snapshot.disagreed + log.disagreed,
    'never done': snapshot.open + log.open,
    refused: snapshot.refused + log.refused + run.survivors.refused,
    'holes at probes': run.report.probes.reduce((sum, { holes }) => sum + holes, 0),
    'probes not up to date at the end': run.report.probes.filter(({ isUpToDate }) => !isUpToDate).length,
    'lost at other nodes': run.survivors.lost,
    'doubled at other nodes': run.survivors.doubled,
    'out of order at other nodes': run.survivors.disordered,
    'connections lost at other nodes': run.survivors.broken,
  };
  const failures = Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
  // On a machine that stood still in between, commits were late as well.
  if (run.invalid.length === 0 && snapshot.takenBackMs > TAKEN_BACK_MS_MAX) {
    failures.push(`snapshot rooms lost events ${snapshot.takenBackMs.toFixed(0)} ms old`);
  }
  return failures.map((text) => `node${run.victim + 1} killed: ${text}`);
}
