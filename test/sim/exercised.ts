/** What a simulator that sees anything has met in some two hundred seeds. A row that stays 0 means that it is blind there. */
import { FAULTS } from './faults/faults.ts';

const ROWS = [
  'packetsLost',
  'packetHoles',
  'subscriptionsRenewed',
  'catchUps',
  'resyncs',
  'client:holes',
  'client:positions',
  'client:resumes',
  'client:resumesAcross',
  'client:snapshots',
  'client:syncs',
  'client:directs',
  'client:replaced',
  'takeOvers',
  'takeOversEarly',
  'handedOver',
  'tenuresLost',
  'suspicions',
  'nodesBuried',
  'nodesBuriedAlive',
  'takenBack',
  'fenced',
  'commits',
  'commitsFailed',
  'logAppends',
  'storeLapses',
  'forgotten',
  'copiesBrought',
  'lagged',
  'framesDropped',
  'framesVanished',
  'connectionsReplaced',
  'sessionsResumed',
  'joinsRefused',
  'handlerFaults',
  'commands:done',
  'commands:refused',
  'commands:unknown',
] as const;

/** With fewer seeds some rows may be 0 by chance. */
export const SEEDS_AT_LEAST = 200;

export const EXERCISED: readonly string[] = [...ROWS, ...FAULTS.map((fault) => `fault:${fault}`)];

export function blindSpots(sum: Readonly<Record<string, number>>): string[] {
  return EXERCISED.filter((row) => (sum[row] ?? 0) === 0);
}
