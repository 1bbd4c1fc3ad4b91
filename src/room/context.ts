import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { NodeKey } from '../cluster/ports.ts';
import type { Post } from './edge-link.ts';
import type { Flusher } from './flusher.ts';
import type { Publisher } from './ports.ts';
import type { Snapshotter } from './snapshotter.ts';
import type { NodeLease } from './tenure.ts';

/** What the rooms of one node share. */
export interface RoomContext {
  readonly self: NodeKey;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: Counters;
  readonly publisher: Publisher;
  readonly post: Post;
  readonly flusher: Flusher;
  readonly snapshotter: Snapshotter;
  readonly lease: NodeLease;
  readonly options: RoomContextOptions;
}

interface RoomContextOptions {
  readonly stateBytesMax: number;
  readonly historyBytesMax: number;
}

/** What an owner tells the place that it lives in. */
export interface OwnerEvents {
  /** Another node owns the room: this copy is dead. */
  onFenced(): void;
  /** Somebody has seen the room in a later epoch than ours. */
  onOutdated(epoch: number): void;
  /** The last member left, or a first one came. */
  onOccupied(occupied: boolean): void;
  /** A member became away: its grace time runs. */
  onAway(): void;
  /** The room's code has closed it. `frame` is CLOSED. */
  onClosed(frame: Uint8Array): void;
}
