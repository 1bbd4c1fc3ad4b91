import type { Sample } from '../host/sample.ts';
import { thousands } from '../scenarios/fanout-table.ts';
import { percent } from '../scenarios/validity.ts';
import type { Progress } from './progress.ts';

/** Which part of a scenario is under way, as shares of the whole, and how long it takes. */
export interface Stretch {
  readonly name: string;
  readonly number: number;
  readonly of: number;
  readonly ms: number;
}

/** Shows the rates between the last two samples, and how far the scenario is by the time that the stretch takes. */
export function liveRates(progress: Progress, { name, number, of, ms }: Stretch): (sample: Sample) => void {
  const startMs = performance.now();
  let last: Sample | null = null;
  return (sample) => {
    const share = Math.min(1, (performance.now() - startMs) / ms);
    if (last !== null) {
      const seconds = (sample.atMs - last.atMs) / 1000;
      const rate = thousands((sample.tally.events - last.tally.events) / seconds);
      const servers = percent((sample.serverCpu - last.serverCpu) / seconds);
      const swarm = percent((sample.swarmCpu - last.swarmCpu) / seconds);
      const text = `${number}/${of} ${name}: ${rate} events/s, servers ${servers}, swarm ${swarm}`;
      progress.show((number - 1 + share) / of, text);
    }
    last = sample;
  };
}
