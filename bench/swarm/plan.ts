import type { Sample } from '../host/sample.ts';

/** What the bench tells its swarm, and what it hears from it; all of it travels as JSON between the processes. */
export type Dialect = 'raw' | 'roomcast';

export interface SwarmPlan {
  readonly dialect: Dialect;
  readonly host: string;
  /** Clients go to them in turn. */
  readonly ports: readonly number[];
  readonly clients: number;
  /** Clients per room; 0 = none joins a room (raw only). */
  readonly room: number;
  /** Messages per second of each client. */
  readonly rate: number;
  readonly payloadBytes: number;
  /** How often the swarm wakes to send and read, under load. */
  readonly tickMs: number;
  readonly workers: number;
  /** Processes and cores to sample. */
  readonly serverPids: readonly number[];
  readonly swarmCores: readonly number[];
}

export type SwarmOrder =
  | { readonly do: 'connect'; readonly upTo: number }
  | { readonly do: 'load'; readonly warmUpMs: number; readonly measureMs: number };

export type SwarmReport =
  | { readonly is: 'fault'; readonly text: string }
  | { readonly is: 'sample'; readonly sample: Sample }
  | { readonly is: 'connected' }
  | {
      readonly is: 'loaded';
      /** At the two ends of the measured window, and when the last delivery had come. */
      readonly from: Sample;
      readonly to: Sample;
      readonly end: Sample;
      readonly latencyUs: HistogramPairs;
      /** How long after its scheduled time each message was handed to its socket. */
      readonly lateUs: HistogramPairs;
    };

/** To one worker thread. Times are µs since the run's zero. */
export type WorkerOrder =
  | { readonly do: 'connect'; readonly upTo: number }
  | { readonly do: 'load'; readonly startUs: number; readonly windowFromUs: number; readonly windowToUs: number }
  | { readonly do: 'report' };

export interface WorkerSeed {
  readonly plan: SwarmPlan;
  readonly worker: number;
  readonly tally: SharedArrayBuffer;
  /** process.hrtime() in µs at the run's zero. */
  readonly zeroHrUs: number;
}

export type HistogramPairs = [number, number][];

export type WorkerReport =
  | { readonly is: 'fault'; readonly text: string }
  | { readonly is: 'histograms'; readonly latencyUs: HistogramPairs; readonly lateUs: HistogramPairs };
