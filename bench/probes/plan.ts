import type { Durability } from './room-name.ts';
import type { RoomVerdict } from './room-story.ts';

/** What the bench tells the probes' process, and what it hears from it. Times are process.hrtime() in ms. */
export interface ProbesPlan {
  readonly host: string;
  readonly ports: readonly number[];
  readonly probes: number;
  readonly room: number;
  /** Messages per second of each. */
  readonly rate: number;
}

export type ProbesOrder =
  | { readonly do: 'join' }
  | { readonly do: 'send' }
  /** No more messages; answered when all are done, or will never be. */
  | { readonly do: 'end'; readonly crashedAtMs: number };

export interface ProbeReport {
  /** Index of the node that it was connected to at first. */
  readonly node: number;
  /** Its room had another owner in the end than at the begin. */
  readonly ownerDied: boolean;
  readonly pauseBeforeMs: number;
  readonly pauseMs: number;
  /** It ended at the last event that its room has. */
  readonly isUpToDate: boolean;
  /** Frames that did not follow what it had. */
  readonly holes: number;
}

export interface ProbesReport {
  readonly probes: readonly ProbeReport[];
  readonly rooms: readonly (RoomVerdict & { readonly durability: Durability })[];
}

export type ProbesAnswer =
  | { readonly is: 'joined' }
  | { readonly is: 'sending' }
  | { readonly is: 'report'; readonly report: ProbesReport };
