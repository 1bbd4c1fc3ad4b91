/** P15, P17, P8: what became of each command, in the line that the room kept; and the numbers of its members. */
import type { Harm, Seen, Violation } from './history.ts';
import { idOf, type RoomLedger } from './ledger.ts';
import type { Lines } from './lines.ts';
import type { Walk } from './walk.ts';

export interface CommandRules {
  /** The room may refuse commands for good: then one that is only `passed` may be in no event. */
  readonly mayRefuse: boolean;
  /** So many commands may have taken effect in events that nobody saw. */
  readonly unseenMax: number;
}

/**
 * Which commands are in the history, how often, in which order, under whose number. `unseen`: those that took effect in
 * events that nobody saw.
 */
export function judgeCommands(
  room: string,
  ledgers: readonly RoomLedger[],
  walks: readonly Walk[],
  { kept, takenBack }: Lines,
  rules: CommandRules,
): { readonly violations: Violation[]; readonly unseen: number } {
  const violations: Violation[] = [];
  const history = kept.events;
  const places = new Map<string, number[]>();
  for (const [index, { event }] of history.entries()) {
    const id = idOf(event);
    if (id !== null && event.kind !== 'joined') places.set(id, [...(places.get(id) ?? []), index]);
  }
  const gone = new Set(takenBack.map(({ event }) => idOf(event)));
  let unseen = 0;
  for (const [i, { player, commands }] of ledgers.entries()) {
    const report = (harm: Harm, text: string) => violations.push({ rule: 'P15', harm, room, player, text });
    let before = -1;
    for (const [id, outcome] of commands) {
      const found = places.get(id) ?? [];
      places.delete(id);
      if (found.length > 1) report('doubled', `${id} took effect ${found.length} times: ${show(history, found)}`);
      if (outcome === 'refused' && found.length > 0) report('doubled', `${id} was refused, but is in the history`);
      if (outcome === 'open') report('lost', `${id} is still open at the end`);
      const isDone = outcome === 'seen' || (outcome === 'passed' && !rules.mayRefuse);
      // Whether an event may be taken back is asked once per event, not here.
      if (isDone && found.length === 0 && !gone.has(id)) {
        if (outcome === 'passed' && unseen < rules.unseenMax) unseen++;
        else report('lost', `${id} is done, but in no event`);
      }
      const [index] = found;
      if (index === undefined) continue;
      if (index < before) report('out of order', `${id} came before a command given earlier`);
      before = Math.max(before, index);
      const member = history[index]?.event.member ?? 0;
      if (walks[i]?.mes.includes(member) === false) {
        report('other', `${id} stands under member ${member}, who is another`);
      }
    }
  }
  for (const id of places.keys()) {
    violations.push({ rule: 'P11', harm: 'other', room, player: '', text: `nobody sent "${id}"` });
  }
  return { violations, unseen };
}

const show = (history: readonly Seen[], indexes: readonly number[]): string =>
  indexes.map((index) => `${history[index]?.epoch}:${history[index]?.seq}`).join(', ');

/** P8: the number of a member changes only after it left; P15: its cseq grows with each of its events. */
export function judgeMembers(
  room: string,
  ledgers: readonly RoomLedger[],
  walks: readonly Walk[],
  { kept }: Lines,
): Violation[] {
  const violations: Violation[] = [];
  const left = new Set<number>();
  const lastCseq = new Map<number, number>();
  for (const { event, player, epoch, seq } of kept.events) {
    if (event.kind === 'left') left.add(event.member);
    if (event.kind !== 'message' && event.kind !== 'changed') continue;
    const before = lastCseq.get(event.member) ?? 0;
    const isRight = event.member === 0 ? event.cseq === 0 : event.cseq > before;
    if (!isRight) {
      const text = `member ${event.member} has cseq ${event.cseq} after ${before} at ${epoch}:${seq}`;
      violations.push({ rule: 'P15', harm: 'out of order', room, player, text });
    }
    lastCseq.set(event.member, event.cseq);
  }
  for (const [i, walk] of walks.entries()) {
    for (const me of walk.mes.slice(0, -1)) {
      if (left.has(me)) continue;
      const text = `was member ${walk.mes.join(', then ')}, but ${me} never left`;
      violations.push({ rule: 'P8', harm: 'other', room, player: ledgers[i]?.player ?? '', text });
    }
  }
  return violations;
}
