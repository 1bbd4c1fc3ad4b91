import type { TallySum } from '../swarm/tally.ts';

/** What must be 0 at the end of a load. */
export interface Losses {
  readonly lost: number;
  readonly doubled: number;
  readonly disordered: number;
  readonly refused: number;
  readonly broken: number;
}

/** By the swarm's last count, when everything has come that will. */
export function lossesOf(tally: TallySum): Losses {
  const { disordered, refused, broken } = tally;
  return {
    lost: Math.max(tally.lost, tally.due - tally.events),
    doubled: Math.max(tally.doubled, tally.events - tally.due),
    disordered,
    refused,
    broken,
  };
}

/** Those that are not 0, in words. */
export function lossesText({ lost, doubled, disordered, refused, broken }: Losses): string[] {
  const counts = { lost, doubled, disordered, refused, broken };
  return Object.entries(counts).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []));
}
