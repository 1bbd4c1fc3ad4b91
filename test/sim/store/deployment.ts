/**
 * A Redis deployment: a master, and replicas that get its writes after a while, in order. Where the master is lost, one
 * of them takes its place with what it had: the writes on their way to it are forgotten, answered or not.
 *
 * What is replicated is each entry that a write has touched, whole and with the moment of its end, so that a replica holds
 * exactly what the master held some writes ago.
 */
import type { Clock } from '../../../src/base/clock.ts';
import type { StoredRoom } from '../../../src/cluster/memory-store.ts';
import type { TtlMap } from '../../../src/cluster/memory-ttl-map.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { Dice } from '../dice.ts';
import type { Trace } from '../trace.ts';
import { NO_MARK, type RoomMark, type StoreWitness } from './room-mark.ts';
import { StoreServer, type Touched } from './store-server.ts';

export interface DeploymentOptions {
  readonly replicas: number;
  readonly lagMaxMs: number;
  /** Clocks of servers differ by at most this. */
  readonly skewMaxMs: number;
  /** Whether nodes may list the connections. */
  readonly showsConnections: boolean;
}

/** A write under way to a replica. */
interface Replicated {
  readonly atMs: number;
  readonly copy: (to: StoreServer) => void;
}

interface Replica {
  readonly server: StoreServer;
  stream: Replicated[];
}

export class StoreDeployment {
  /** Times that it went back to less than it had. */
  lapses = 0;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #witness: StoreWitness;
  readonly #options: DeploymentOptions;
  #master: StoreServer;
  #replicas: Replica[];

  constructor(clock: VirtualClock, dice: Dice, trace: Trace, witness: StoreWitness, options: DeploymentOptions) {
    this.#clock = clock;
    this.#dice = dice;
    this.#trace = trace;
    this.#witness = witness;
    this.#options = options;
    this.#master = this.#server('redis1');
    this.#replicas = Array.from({ length: options.replicas }, (_, i) => {
      return { server: this.#server(`redis${i + 2}`), stream: [] };
    });
  }

  get master(): StoreServer {
    return this.#master;
  }

  get showsConnections(): boolean {
    return this.#options.showsConnections;
  }

  /** Where a new connection leads to; null: nowhere now. */
  reach(needsWrites: boolean): StoreServer | null {
    const { state } = this.#master;
    return state === 'away' || (needsWrites && state === 'read-only') ? null : this.#master;
  }

  /** The master is lost for good, with all connections; until `promote` there is none. */
  lose(isTold: boolean): void {
    this.#trace.step('store', 'lost', () => this.#master.name);
    this.#master.goAway(isTold);
  }

  /** A replica becomes the master, with what has reached it; the others follow it from there. */
  promote(): void {
    const next = this.#dice.pickAny(this.#replicas);
    if (next === null) return;
    const lost = this.#master;
    const { server } = next;
    this.#arrived(next);
    this.#replicas = this.#replicas.map((replica) => (replica === next ? { server: lost, stream: [] } : replica));
    this.#master = server;
    this.#trace.step('store', 'promoted', () => server.name);
    this.#forget(lost.marks, server.marks);
    // The newest number of writes, so that what comes now is not taken for what was forgotten.
    for (const [room, { writes }] of lost.marks) server.marks.set(room, { ...server.mark(room), writes });
    this.#follow();
  }

  /** The master serves again. */
  comeBack(): void {
    this.#trace.step('store', 'serves', () => this.#master.name);
    this.#master.state = 'serving';
    this.#witness.isBack();
  }

  /** All data are gone, everywhere. */
  empty(): void {
    this.#trace.step('store', 'emptied', () => '');
    const before = new Map(this.#master.marks);
    this.#master.clear();
    this.#forget(before, this.#master.marks);
    for (const [room, { writes }] of before) this.#master.marks.set(room, { ...NO_MARK, writes });
    this.#follow();
  }

  #server(name: string): StoreServer {
    const behindMs = this.#dice.next() * this.#options.skewMaxMs;
    const server: StoreServer = new StoreServer(name, this.#clock, behindMs, this.#witness, (touched) => {
      if (server === this.#master) this.#replicate(touched);
    });
    return server;
  }

  #replicate(touched: Touched): void {
    if (this.#replicas.length === 0) return;
    const copy = copyOf(this.#master, touched);
    const now = this.#clock.now();
    for (const replica of this.#replicas) {
      this.#arrived(replica);
      const lastMs = replica.stream.at(-1)?.atMs ?? 0;
      replica.stream.push({ atMs: Math.max(lastMs, now + this.#dice.next() * this.#options.lagMaxMs), copy });
    }
  }

  /** Takes in what has reached the replica by now. */
  #arrived({ server, stream }: Replica): void {
    const now = this.#clock.now();
    let count = 0;
    for (const { atMs, copy } of stream) {
      if (atMs > now) break;
      copy(server);
      count++;
    }
    stream.splice(0, count);
  }

  /** The replicas start anew from the master. */
  #follow(): void {
    for (const replica of this.#replicas) {
      replica.stream = [];
      replica.server.clear();
      replica.server.state = 'serving';
      for (const touched of this.#master.touched.values()) copyOf(this.#master, touched)(replica.server);
    }
  }

  #forget(before: ReadonlyMap<string, RoomMark>, after: ReadonlyMap<string, RoomMark>): void {
    for (const [room, mark] of before) {
      const left = after.get(room) ?? NO_MARK;
      if (left.writes === mark.writes) continue;
      this.lapses++;
      this.#trace.step('store', 'forgot', () => `${room}: ${describe(mark)} is ${describe(left)}`);
      this.#witness.forgot(room, mark, left);
    }
  }
}

function describe({ epoch, kept }: RoomMark): string {
  return `epoch ${epoch} kept ${kept && `${kept.epoch}/${kept.seq}`}`;
}

/** The touched entry as it is now, to be put into another server later. */
function copyOf(from: StoreServer, touched: Touched): (to: StoreServer) => void {
  const { kind, key } = touched;
  const put = entryOf(from, touched);
  const mark = kind === 'room' ? from.marks.get(key) : undefined;
  return (to) => {
    put(to);
    to.touched.set(`${kind} ${key}`, touched);
    if (mark) to.marks.set(key, mark);
  };
}

function entryOf({ store, clock }: StoreServer, { kind, key }: Touched): (to: StoreServer) => void {
  switch (kind) {
    case 'room':
      return copyEntry(clock, store.rooms, key, cloneRoom, (to) => to.store.rooms);
    case 'node':
      return copyEntry(clock, store.nodes, key, asIs, (to) => to.store.nodes);
    case 'session':
      return copyEntry(clock, store.generations, key, asIs, (to) => to.store.generations);
  }
}

/** Redis tells its replicas the moment at which a key ends, not how long it lives. */
function copyEntry<T>(
  clock: Clock,
  from: TtlMap<string, T>,
  key: string,
  clone: (value: T) => T,
  map: (to: StoreServer) => TtlMap<string, T>,
): (to: StoreServer) => void {
  const value = from.get(key);
  if (value === undefined) return (to) => map(to).delete(key);
  const endsAt = clock.now() + (from.ttlMs(key) ?? 0);
  // Replicas share it: only a master changes its entries in place, and what it shared is gone by then.
  const copy = clone(value);
  return (to) => map(to).set(key, copy, endsAt - to.clock.now());
}

function asIs<T>(value: T): T {
  return value;
}

/** Stored bytes are never changed in place. */
function cloneRoom(room: StoredRoom): StoredRoom {
  return { ...room, state: new Map(room.state), members: new Map(room.members), log: [...room.log] };
}
