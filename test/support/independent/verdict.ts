/**
 * One verdict over the ledgers of all players of a run: the same history for all (P11), in order and whole (walk.ts),
 * each command in it exactly once if it is done and never if it was refused (P15, P17), each snapshot equal to the
 * events before it (fold.ts), and everyone who stayed ends at the room's last event.
 *
 * Where a run kills owners, `faults` says which events they may take with them (P18); what counts then is the line
 * that the room kept (lines.ts).
 *
 * It knows nothing of the players' own copies of a room. `unseen` > 0 means that nobody saw part of a history, so
 * the verdict would be blind there: that fails too, since a test can keep one member in the room throughout.
 */

import { foldLine } from './fold.ts';
import type { Position } from './frames.ts';
import { type Harm, mergeHistories, type Violation } from './history.ts';
import { judgeCommands, judgeMembers } from './judge-commands.ts';
import type { RoomLedger } from './ledger.ts';
import { followLines, type Lines } from './lines.ts';
import { type Walk, walkLedger } from './walk.ts';

export interface Judged {
  readonly name: string;
  readonly faults: readonly string[];
  readonly ledgers: ReadonlyMap<string, RoomLedger>;
}

export interface Verdict {
  readonly violations: readonly Violation[];
  readonly rooms: number;
  readonly events: number;
  readonly commands: number;
  readonly refused: number;
  readonly holes: number;
  readonly jumps: number;
  readonly resumes: number;
  /** Events that a new owner did not have, allowed or not. */
  readonly takenBack: number;
}

/** What a run with faults may do to its rooms. */
export interface FaultRules {
  /** Whether a new owner may have begun without this event. */
  readonly mayTakeBack: (room: string, place: Position) => boolean;
}

export interface JudgeOptions {
  /**
   * The rooms may refuse commands for good: then one that is only `passed` may be in no event. Default false: each
   * done command has to be in the history.
   */
  readonly mayRefuse?: boolean;
  /** Default: no owner dies. */
  readonly faults?: FaultRules;
}

export function judge(players: Iterable<Judged>, options: JudgeOptions = {}): Verdict {
  const byRoom = new Map<string, RoomLedger[]>();
  const violations: Violation[] = [];
  for (const player of players) {
    for (const text of player.faults) {
      violations.push({ rule: 'client', harm: 'other', room: '', player: player.name, text });
    }
    for (const [room, ledger] of player.ledgers) byRoom.set(room, [...(byRoom.get(room) ?? []), ledger]);
  }
  const sum = { events: 0, commands: 0, refused: 0, holes: 0, jumps: 0, resumes: 0, takenBack: 0 };
  for (const [room, ledgers] of byRoom) {
    const judged = judgeRoom(room, ledgers, options);
    violations.push(...judged.violations);
    sum.events += judged.events;
    sum.takenBack += judged.takenBack;
    for (const ledger of ledgers) {
      sum.commands += ledger.commands.size;
      for (const outcome of ledger.commands.values()) if (outcome === 'refused') sum.refused++;
    }
    for (const walk of judged.walks) {
      sum.holes += walk.holes;
      sum.jumps += walk.jumps;
      sum.resumes += walk.resumes;
    }
  }
  return { violations, rooms: byRoom.size, ...sum };
}

export const countHarm = (verdict: Verdict, harm: Harm): number =>
  verdict.violations.filter((violation) => violation.harm === harm).length;

/** For the message of a failed test: the first few, each on its line. */
export const showViolations = (verdict: Verdict): string =>
  verdict.violations
    .slice(0, 20)
    .map(({ rule, room, player, text }) => `[${rule}] ${room} ${player}: ${text.slice(0, 400)}`)
    .join('\n');

function judgeRoom(room: string, ledgers: readonly RoomLedger[], { mayRefuse = false, faults }: JudgeOptions) {
  const { history, violations } = mergeHistories(ledgers);
  const walks = ledgers.map(walkLedger);
  const lines = followLines(room, ledgers, history);
  const folded = foldLine(room, lines.kept);
  const foldedBefore = lines.cut.map((line) => foldLine(room, line));
  violations.push(...lines.violations, ...walks.flatMap((walk) => walk.violations));
  violations.push(...withoutRepeats([folded, ...foldedBefore].flatMap((fold) => fold.violations)));
  const unseen = folded.unseen + (faults === undefined ? folded.unseenBetween : 0);
  if (unseen > 0) {
    const text = `nobody saw ${unseen} events of the history`;
    violations.push({ rule: 'test', harm: 'other', room, player: '', text });
  }
  for (const ledger of ledgers) {
    for (const text of ledger.faults) {
      violations.push({ rule: 'client', harm: 'other', room, player: ledger.player, text });
    }
  }
  const commands = judgeCommands(room, ledgers, walks, lines, { mayRefuse, unseenMax: folded.unseenBetween });
  violations.push(
    ...judgeTakeOvers(room, lines, faults),
    ...judgeEnds(room, ledgers, walks),
    ...commands.violations,
    ...judgeMembers(room, ledgers, walks, lines),
  );
  // Only commands change the state, so where none is missing it came through the take-over as it was.
  if (commands.unseen === 0) {
    violations.push(
      ...folded.unexplained.map((text): Violation => ({ rule: 'P6', harm: 'lost', room, player: '', text })),
    );
  }
  return { violations, walks, events: history.length, takenBack: lines.takenBack.length };
}

/** P18: what a room told stays, but for what its durability gives away when an owner dies. */
function judgeTakeOvers(room: string, lines: Lines, faults: FaultRules | undefined): Violation[] {
  const places: readonly Position[] = [
    ...lines.takenBack,
    ...lines.cut.flatMap(({ jumps }) => jumps.filter((jump) => !lines.kept.jumps.includes(jump))),
  ];
  return places
    .filter((place) => !(faults?.mayTakeBack(room, place) ?? false))
    .map(({ epoch, seq }) => ({
      rule: 'P18',
      harm: 'lost',
      room,
      player: '',
      text: `${epoch}:${seq} is taken back by a later epoch`,
    }));
}

/** The lines of one room share their beginning, and so what is wrong with it. */
function withoutRepeats(violations: readonly Violation[]): Violation[] {
  return [...new Map(violations.map((violation) => [JSON.stringify(violation), violation])).values()];
}

/** P13: a hole at the end is announced too, so all who stayed know the same last event. */
function judgeEnds(room: string, ledgers: readonly RoomLedger[], walks: readonly Walk[]): Violation[] {
  const ends = ledgers.flatMap(({ player, status }, i): { player: string; end: Position }[] => {
    const end = walks[i]?.end ?? null;
    return status === 'in' && end !== null ? [{ player, end }] : [];
  });
  const last = ends.reduce((max, { end }) => (isBefore(max, end) ? end : max), { epoch: 0, seq: 0 });
  return ends
    .filter(({ end }) => isBefore(end, last))
    .map(({ player, end }) => ({
      rule: 'P13',
      harm: 'lost',
      room,
      player,
      text: `ends at ${end.epoch}:${end.seq}, others at ${last.epoch}:${last.seq}`,
    }));
}

const isBefore = (a: Position, b: Position): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);
