import type { Clock } from '../base/clock.ts';
import { TtlMap } from './memory-ttl-map.ts';
import type { LogEntry, NodeKey, NodeRecord } from './ports.ts';

/**
 * What Redis holds, in the memory of one process: the in-memory ports read and write it, and all that share one store
 * form a cluster. Each operation of theirs runs without a pause, as a Lua script does, and copies the bytes that it
 * takes or gives; the same contract suite runs on these ports and on those of Redis.
 *
 * Times to live run on `clock.now()`. Epochs come from `clock.wall()`, as those of Redis from its TIME, so that rooms
 * of a restarted process (whose store is empty) still get epochs above all that their clients saw.
 */
export class MemoryStore {
  readonly clock: Clock;
  readonly rooms: TtlMap<string, StoredRoom>;
  /** By node id: a new life of a node takes the place of the old one. */
  readonly nodes: TtlMap<string, NodeRecord>;
  readonly generations: TtlMap<string, number>;
  /** Rooms that take no writes, as those of a Redis that is out of memory. */
  readonly refused = new Set<string>();

  constructor(clock: Clock) {
    this.clock = clock;
    this.rooms = new TtlMap(clock);
    this.nodes = new TtlMap(clock);
    this.generations = new TtlMap(clock);
  }

  /** Forgets everything, as a Redis that restarts without its data. */
  clear(): void {
    this.rooms.clear();
    this.nodes.clear();
    this.generations.clear();
  }

  /** The room, if `owner` owns it in exactly this epoch; every write asks this first. */
  ownedRoom(room: string, owner: NodeKey, epoch: number): StoredRoom | null {
    const stored = this.rooms.get(room);
    return stored !== undefined && stored.owner === owner && stored.epoch === epoch ? stored : null;
  }
}

export interface StoredRoom {
  owner: NodeKey | null;
  epoch: number;
  /** Epoch that the owner's room is made from: no copy of an older one can be newer than what is here. */
  from: number;
  /** The directory knows all epochs from here on: a copy of one between `from` and this was forgotten. */
  known: number;
  /** The owner's last claim. */
  attempt: number;
  /** Epoch of the copy that the owner claimed with, until it has written it; else 0. */
  bringing: number;
  /** null until the first commit. */
  seq: number | null;
  /** Epoch of the last commit. */
  at: number;
  /** Its number in that epoch. */
  revision: number;
  meta: Uint8Array | null;
  readonly state: Map<string, Uint8Array>;
  readonly members: Map<number, Uint8Array>;
  log: LogEntry[];
  /** The highest log id ever added, which stays when its entry is trimmed. */
  logTop: { readonly epoch: number; readonly seq: number };
}

/** A copy that shares nothing; `slice` would share where the bytes are a Node Buffer. */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes);
}
