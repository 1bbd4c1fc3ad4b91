/**
 * One verdict over the ledgers of all players of a run in which no node died: the same history for all (P11), in
 * order and whole (walk.ts), each command in it exactly once if it is done and never if it was refused (P15, P17),
 * each snapshot equal to the events before it (fold.ts), and everyone who stayed ends at the room's last event.
 *
 * It knows nothing of the players' own copies of a room. `unseen` > 0 means that nobody saw part of a history, so
 * the verdict would be blind there: that fails too, since a test can keep one member in the room throughout.
 */

import { foldHistory } from './fold.ts';
import type { Position } from './frames.ts';
import { mergeHistories, type Seen, type Violation } from './history.ts';
import { idOf, type RoomLedger } from './ledger.ts';
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
}

export interface JudgeOptions {
  /**
   * The rooms may refuse commands for good: then one that is only `passed` may be in no event. Default false: each
   * done command has to be in the history.
   */
  readonly mayRefuse?: boolean;
}

export function judge(players: Iterable<Judged>, options: JudgeOptions = {}): Verdict {
  const byRoom = new Map<string, RoomLedger[]>();
  const violations: Violation[] = [];
  for (const player of players) {
    for (const text of player.faults) violations.push({ rule: 'client', room: '', player: player.name, text });
    for (const [room, ledger] of player.ledgers) byRoom.set(room, [...(byRoom.get(room) ?? []), ledger]);
  }
  const sum = { events: 0, commands: 0, refused: 0, holes: 0, jumps: 0, resumes: 0 };
  for (const [room, ledgers] of byRoom) {
    const judged = judgeRoom(room, ledgers, options.mayRefuse ?? false);
    violations.push(...judged.violations);
    sum.events += judged.events;
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

/** For the message of a failed test: the first few, each on its line. */
export const showViolations = (verdict: Verdict): string =>
  verdict.violations
    .slice(0, 20)
    .map(({ rule, room, player, text }) => `[${rule}] ${room} ${player}: ${text.slice(0, 400)}`)
    .join('\n');

function judgeRoom(room: string, ledgers: readonly RoomLedger[], mayRefuse: boolean) {
  const { history, violations } = mergeHistories(ledgers);
  const walks = ledgers.map(walkLedger);
  const folded = foldHistory(room, ledgers, history);
  violations.push(...walks.flatMap((walk) => walk.violations), ...folded.violations);
  if (folded.unseen > 0) {
    violations.push({ rule: 'test', room, player: '', text: `nobody saw ${folded.unseen} events of the history` });
  }
  for (const ledger of ledgers) {
    for (const text of ledger.faults) violations.push({ rule: 'client', room, player: ledger.player, text });
  }
  violations.push(
    ...judgeEnds(room, ledgers, walks),
    ...judgeCommands(room, ledgers, walks, history, mayRefuse),
    ...judgeMembers(room, ledgers, walks, history),
  );
  return { violations, walks, events: history.length };
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
      room,
      player,
      text: `ends at ${end.epoch}:${end.seq}, others at ${last.epoch}:${last.seq}`,
    }));
}

const isBefore = (a: Position, b: Position): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);

/** P15, P17: which commands are in the history, how often, in which order, under whose number. */
function judgeCommands(
  room: string,
  ledgers: readonly RoomLedger[],
  walks: readonly Walk[],
  history: readonly Seen[],
  mayRefuse: boolean,
): Violation[] {
  const violations: Violation[] = [];
  const places = new Map<string, number[]>();
  for (const [index, { event }] of history.entries()) {
    const id = idOf(event);
    if (id !== null && event.kind !== 'joined') places.set(id, [...(places.get(id) ?? []), index]);
  }
  for (const [i, { player, commands }] of ledgers.entries()) {
    const report = (text: string) => violations.push({ rule: 'P15', room, player, text });
    let before = -1;
    for (const [id, outcome] of commands) {
      const found = places.get(id) ?? [];
      places.delete(id);
      if (found.length > 1) report(`${id} took effect ${found.length} times: ${showPlaces(history, found)}`);
      const isDone = outcome === 'seen' || (outcome === 'passed' && !mayRefuse);
      if (isDone && found.length === 0) report(`${id} is done, but in no event`);
      if (outcome === 'refused' && found.length > 0) report(`${id} was refused, but is in the history`);
      if (outcome === 'open') report(`${id} is still open at the end`);
      const [index] = found;
      if (index === undefined) continue;
      if (index < before) report(`${id} came before a command given earlier`);
      before = Math.max(before, index);
      const member = history[index]?.event.member ?? 0;
      if (walks[i]?.mes.includes(member) === false) report(`${id} stands under member ${member}, who is another`);
    }
  }
  for (const id of places.keys()) violations.push({ rule: 'P11', room, player: '', text: `nobody sent "${id}"` });
  return violations;
}

const showPlaces = (history: readonly Seen[], indexes: readonly number[]): string =>
  indexes.map((index) => `${history[index]?.epoch}:${history[index]?.seq}`).join(', ');

/** P8: the number of a member changes only after it left; P15: its cseq grows with each of its events. */
function judgeMembers(
  room: string,
  ledgers: readonly RoomLedger[],
  walks: readonly Walk[],
  history: readonly Seen[],
): Violation[] {
  const violations: Violation[] = [];
  const left = new Set<number>();
  const lastCseq = new Map<number, number>();
  for (const { event, player, epoch, seq } of history) {
    if (event.kind === 'left') left.add(event.member);
    if (event.kind !== 'message' && event.kind !== 'changed') continue;
    const before = lastCseq.get(event.member) ?? 0;
    const isRight = event.member === 0 ? event.cseq === 0 : event.cseq > before;
    if (!isRight) {
      const text = `member ${event.member} has cseq ${event.cseq} after ${before} at ${epoch}:${seq}`;
      violations.push({ rule: 'P15', room, player, text });
    }
    lastCseq.set(event.member, event.cseq);
  }
  for (const [i, walk] of walks.entries()) {
    for (const me of walk.mes.slice(0, -1)) {
      if (left.has(me)) continue;
      const text = `was member ${walk.mes.join(', then ')}, but ${me} never left`;
      violations.push({ rule: 'P8', room, player: ledgers[i]?.player ?? '', text });
    }
  }
  return violations;
}
