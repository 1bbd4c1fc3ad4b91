/**
 * One row of the table: a crowd gathers, speaks at a steady rate, the fault strikes and ends, all heals, the load stops,
 * and one verdict is given over everything that each client sent and saw.
 */
import { expect } from 'vitest';
import type { Position } from '../../support/independent/frames.ts';
import { countHarm, judge, showViolations, type Verdict } from '../../support/independent/verdict.ts';
import { until } from '../../support/until.ts';
import { settled } from '../fixture.ts';
import { Crowd, type Member, type Room, type RoomPlan, usualRooms } from './crowd.ts';
import { Load } from './load.ts';

import { type Group, spreadOf, writeRow } from './report.ts';
import type { Span, Stalls } from './stalls.ts';
import { snapshotLatestMs, type World } from './world.ts';

/** What a strike gets to work with. */
export interface Scene {
  readonly world: World;
  readonly crowd: Crowd;
  /** Where clients were before the fault: their node, by player name. */
  readonly nodeOf: ReadonlyMap<string, string | null>;
  /** The id of each room's owner before the fault. */
  readonly ownerOf: ReadonlyMap<string, string>;
  /** A line of progress. */
  say(text: string): void;
}

export interface Fault {
  readonly name: string;
  readonly rooms?: readonly RoomPlan[];
  /** Does the harm, and returns when it is over. */
  readonly strike: (scene: Scene) => Promise<void>;
  /** The load goes on so long after the strike. */
  readonly healMs: number;
  /** Whether the room's owner loses what it has not written, if it is a `snapshot` room. Default: nobody may. */
  readonly losesUnwritten?: (room: Room, scene: Scene) => boolean;
  /** Clients whose pauses are told apart. */
  readonly groups?: Readonly<Record<string, IsIn>>;
}

export interface Outcome {
  readonly verdict: Verdict;
  readonly scene: Scene;
  readonly load: Load;
  /** From just before the strike until the load stopped. */
  readonly span: Span;
  /** The longest pauses of the clients in a group of the fault; `all` has all. */
  readonly pauses: Readonly<Record<string, Group>>;
  /** The same for a part of the time. */
  pausesIn(span: Span, isIn: IsIn): Group;
}

type IsIn = (member: Member, scene: Scene) => boolean;

const WARM_UP_MS = 1_500;
const SETTLE_WITHIN_MS = 60_000;
/** A commit that is due reaches Redis within this (guess, for a machine with more to do than cores). */
const COMMIT_WITHIN_MS = 500;

export async function runRow(world: World, fault: Fault): Promise<Outcome> {
  const say = (text: string): void => void process.stdout.write(`  ${fault.name}: ${text}\n`);
  await world.isSteady();
  const crowd = new Crowd(world.url, fault.rooms ?? usualRooms);
  const load = new Load(crowd.members);
  try {
    await crowd.gather();
    say(`${crowd.members.length} clients in ${crowd.rooms.length} rooms`);
    load.start();
    await pause(WARM_UP_MS);

    const nodeOf = new Map(crowd.members.map(({ player, receipts }) => [player.name, receipts.node]));
    const scene: Scene = { world, crowd, nodeOf, ownerOf: await world.owners(crowd), say };
    const from = performance.now();
    await fault.strike(scene);
    say(`the fault is over after ${seconds(performance.now() - from)}`);
    await pause(fault.healMs);
    load.stop();
    const span = { from, to: performance.now() };
    await settled(crowd.players, SETTLE_WITHIN_MS).catch((cause: unknown) => say(String(cause)));
    say(`settled ${seconds(performance.now() - span.to)} after the last command`);

    const judgingSince = performance.now();
    const mayTakeBack = (name: string, place: Position) => {
      const room = crowd.room(name);
      return (fault.losesUnwritten?.(room, scene) ?? false) && isYoung(crowd, room, place, from);
    };
    const verdict = judge(crowd.players, { faults: { mayTakeBack } });
    say(`judged in ${seconds(performance.now() - judgingSince)}`);
    const pausesIn = (during: Span, isIn: IsIn) => groupOf(scene, isIn, during, load.stalls);
    const groups: Readonly<Record<string, IsIn>> = { all: () => true, ...fault.groups };
    const pauses = Object.fromEntries(Object.entries(groups).map(([name, isIn]) => [name, pausesIn(span, isIn)]));
    writeRow({
      fault: fault.name,
      clients: crowd.members.length,
      events: verdict.events,
      lost: countHarm(verdict, 'lost'),
      doubled: countHarm(verdict, 'doubled'),
      outOfOrder: countHarm(verdict, 'out of order'),
      takenBack: verdict.takenBack,
      stallMs: load.stalls.longestMs(),
      pauses,
    });
    return { verdict, scene, load, span, pauses, pausesIn };
  } finally {
    load.stop();
    crowd.leave();
  }
}

/** What the contract keeps is kept: nothing lost, doubled or out of order, and nothing else against PROTOCOL.md. */
export function expectKept({ verdict }: Outcome): void {
  expect(showViolations(verdict)).toBe('');
  expect(verdict.commands).toBeGreaterThan(0);
}

/** P18: in a `snapshot` room, an event that no commit can have had when the fault began. */
function isYoung(crowd: Crowd, room: Room, { epoch, seq }: Position, faultAt: number): boolean {
  const at = crowd.firstSights.at(room.name, epoch, seq);
  if (room.durability !== 'snapshot' || at === undefined) return false;
  return at > faultAt - snapshotLatestMs - COMMIT_WITHIN_MS;
}

function groupOf(scene: Scene, isIn: IsIn, span: Span, stalls: Stalls): Group {
  const pauses = scene.crowd.members
    .filter((member) => isIn(member, scene))
    .map(({ player, receipts }) => ({ who: player.name, ...receipts.longestPause(span, stalls) }));
  const [worst] = pauses.toSorted((a, b) => b.ms - a.ms);
  return {
    clients: pauses.length,
    ...spreadOf(pauses.map(({ ms }) => ms)),
    who: worst?.who ?? '',
    beganMs: worst === undefined ? 0 : worst.from - span.from,
  };
}

/** The load is steady, so time is what a phase is made of. */
export async function pause(ms: number): Promise<void> {
  const end = performance.now() + ms;
  await until(() => performance.now() >= end, { timeoutMs: ms * 2 + 5_000, what: 'time to pass' });
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
