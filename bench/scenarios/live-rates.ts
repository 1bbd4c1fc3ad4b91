import type { Sample } from '../host/sample.ts';
import type { Progress } from '../report/progress.ts';
import { thousands } from './fanout-table.ts';
import { percent } from './validity.ts';

export interface RunPlace {
  readonly name: string;
  /** Runs before this one, and in all. */
  readonly done: number;
  readonly total: number;
  readonly runMs: number;
}

/** Shows rates between the last two samples, and how far the whole scenario is by the time that it takes. */
export function liveRates({ name, done, total, runMs }: RunPlace, progress: Progress): (sample: Sample) => void {
  const startMs = performance.now();
  let last: Sample | null = null;
  return (sample) => {
    const share = Math.min(1, (performance.now() - startMs) / runMs);
    if (last !== null) {
      const seconds = (sample.atMs - last.atMs) / 1000;
      const rate = thousands((sample.tally.events - last.tally.events) / seconds);
      const server = percent((sample.serverCpu - last.serverCpu) / seconds);
      const swarm = percent((sample.swarmCpu - last.swarmCpu) / seconds);
      const rates = `${rate} events/s, server ${server}, swarm ${swarm}`;
      progress.show((done + share) / total, `${done + 1}/${total} ${name}: ${rates}`);
    }
    last = sample;
  };
}
