/** What a run exercised, as numbers that add up over runs. A row that stays 0 means that the simulator is blind there. */
import type { Counters } from '../../src/base/counters.ts';
import { NOT_JUDGED } from './check/report.ts';
import type { Faults } from './faults/faults.ts';
import type { World } from './world.ts';

export type Tally = Readonly<Record<string, number>>;

const NODE_ROWS = [
  'events',
  'joins',
  'catchUps',
  'resyncs',
  'claims',
  'takeOvers',
  'takeOversEarly',
  'handedOver',
  'fenced',
  'tenuresLost',
  'copiesBrought',
  'commits',
  'commitsFailed',
  'logAppends',
  'lagged',
  'closedTooSlow',
  'packetHoles',
  'subscriptionsRenewed',
  'suspicions',
  'nodesBuried',
  'nodesBuriedAlive',
  'connectionsReplaced',
  'sessionsResumed',
  'joinsRefused',
  'handlerFaults',
] as const satisfies readonly (keyof Counters)[];

export function tallyOf(world: World, faults: Faults): Tally {
  const tally: Record<string, number> = {
    commands: world.commands.given.size,
    connections: world.connections,
    packets: world.office.delivered,
    packetsLost: world.office.lost,
    takenBack: world.history.losses.takenBack,
    forgotten: world.history.losses.forgotten,
    storeLapses: world.store.lapses,
    adopted: world.history.adopted,
    notJudged: world.violation?.rule === NOT_JUDGED ? 1 : 0,
    framesDropped: 0,
    framesVanished: 0,
  };
  for (const name of NODE_ROWS) tally[name] = world.lives.reduce((sum, { counters }) => sum + counters[name], 0);
  for (const { counts } of world.clients) {
    for (const [name, count] of Object.entries(counts))
      tally[`client:${name}`] = (tally[`client:${name}`] ?? 0) + count;
  }
  for (const outcome of ['done', 'refused', 'unknown'] as const) tally[`commands:${outcome}`] = 0;
  for (const { outcome } of world.commands.given.values()) add(tally, `commands:${outcome}`, 1);
  for (const node of world.lives) {
    add(tally, 'framesDropped', node.dropped);
    add(tally, 'framesVanished', node.vanished);
  }
  for (const [fault, count] of faults.counts) add(tally, `fault:${fault}`, count);
  return tally;
}

export function addTally(sum: Record<string, number>, tally: Tally): void {
  for (const [name, count] of Object.entries(tally)) add(sum, name, count);
}

function add(tally: Record<string, number>, name: string, count: number): void {
  tally[name] = (tally[name] ?? 0) + count;
}
