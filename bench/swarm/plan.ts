import type { Sample } from '../host/sample.ts';
import type { Buffered } from './buffered.ts';
import type { Outcome } from './slow-client.ts';
import type { Spread } from './spread.ts';

/** What the bench tells its swarm, and what it hears from it; all of it travels as JSON between the processes. */
export type Dialect = 'raw' | 'roomcast' | 'socket.io' | 'colyseus' | 'colyseus-tick';

/**
 * What counts as delivered: `messages` that clients SEND; `changes`, where each message is a SET of one key of the
 * sender's own; `ticks`, changes by the room's code (bench/rooms), which stamps them with the time that they were due.
 */
export type Traffic = 'messages' | 'changes' | 'ticks';

export interface SwarmPlan {
  readonly dialect: Dialect;
  readonly host: string;
  readonly ports: readonly number[];
  /** How clients go to them, where there are several. Default `members`. */
  readonly spread?: Spread;
  /** Latency is taken only where sender and receiver sit on different nodes. Default false. */
  readonly crossNode?: boolean;
  readonly clients: number;
  /** The kind of room in which each client reserves a seat over HTTP before it connects; Colyseus only. */
  readonly seats?: string;
  /** Clients per room; 0 = none joins a room (raw only). */
  readonly room: number;
  /** So many of the first clients get a room each, and the others go to these rooms in turn. Default 0: rooms fill up. */
  readonly residents?: number;
  /** What stands before the `:` of the rooms' names. Default `bench`. */
  readonly roomType?: string;
  /** What goes through the rooms. Default `messages`. */
  readonly traffic?: Traffic;
  /** Messages per second of each client; 0 = they only read. */
  readonly rate: number;
  readonly payloadBytes: number;
  /** Further members of the first room that only read, and can be told to stop; 0 = none. */
  readonly slow: number;
  /** Bytes of state that they put into it. */
  readonly stateBytes: number;
  /** How often the swarm wakes to send and read, under load. */
  readonly tickMs: number;
  readonly workers: number;
  /** Processes and cores to sample. */
  readonly serverPids: readonly number[];
  readonly swarmCores: readonly number[];
}

export type SwarmOrder =
  | { readonly do: 'connect'; readonly upTo: number }
  /** The clients that are left connect and join, so many per second. */
  | { readonly do: 'storm'; readonly rate: number }
  | { readonly do: 'load'; readonly warmUpMs: number; readonly measureMs: number }
  /** Load without an end, for windows; the next answer comes when it is warm. */
  | { readonly do: 'begin'; readonly warmUpMs: number }
  | ({ readonly do: 'window' } & WindowPlan)
  /** No more messages; answered when the last delivery has come. */
  | { readonly do: 'end' };

/** A part of a load in which some readers stop for a while, near its begin. */
export interface WindowPlan {
  readonly measureMs: number;
  readonly stopped: number;
  readonly stopMs: number;
}

export type SwarmReport =
  | { readonly is: 'fault'; readonly text: string }
  | { readonly is: 'sample'; readonly sample: Sample }
  | { readonly is: 'connected' }
  /** The measured window of a load, storm or window begins, or is over. */
  | { readonly is: 'edge'; readonly edge: 'begin' | 'end' }
  | { readonly is: 'begun' }
  | { readonly is: 'ended'; readonly end: Sample }
  | {
      readonly is: 'window';
      readonly from: Sample;
      readonly to: Sample;
      /** The most that the server had resident at any sample. */
      readonly residentMostBytes: number;
      /** What waited at the server just before the readers read on, by its own metrics; null where none stop. */
      readonly buffered: Buffered | null;
      /** How each reader that had stopped got back; null: it did not. */
      readonly outcomes: readonly (Outcome | null)[];
      readonly latencyUs: HistogramPairs;
      readonly lateUs: HistogramPairs;
    }
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
  /** Clients begin to send one after the other until `warmUs`, and stop at `endUs`. */
  | { readonly do: 'load'; readonly startUs: number; readonly warmUs: number; readonly endUs: number }
  /** Clients open at their times, whatever the server does; all clients together `rate` per second. */
  | { readonly do: 'storm'; readonly fromUs: number; readonly rate: number }
  /** What is scheduled in it counts; what was counted before is forgotten. */
  | { readonly do: 'window'; readonly fromUs: number; readonly toUs: number }
  | { readonly do: 'end'; readonly endUs: number }
  | { readonly do: 'report' };

/** To the thread of the readers that stop. */
export type SlowOrder =
  | { readonly do: 'join' }
  | { readonly do: 'stop'; readonly count: number }
  | { readonly do: 'read-on' }
  | { readonly do: 'report' };

export type SlowReport =
  | { readonly is: 'slow-joined'; readonly isIn: boolean }
  | { readonly is: 'slow'; readonly outcomes: (Outcome | null)[] };

export interface SlowSeed {
  readonly plan: SwarmPlan;
  /** process.hrtime() in µs at the run's zero. */
  readonly zeroHrUs: number;
}

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
