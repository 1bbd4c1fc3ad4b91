/** All connections of this node: made here, found by session, replaced by newer ones (P4), sent away at the end. */
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import { CLOSE } from '../protocol/codes.ts';
import { HELLO_DEADLINE_MS, type Limits, SLOW_READER_MS } from '../protocol/limits.ts';
import { encodeWelcomeTail } from '../protocol/server-frame.ts';
import type { Rooms, SessionIdentity } from '../room/ports.ts';
import type { Opening, Sessions } from '../session/sessions.ts';
import { Arrivals } from './arrivals.ts';
import { Commands } from './commands.ts';
import { ClientConnection, type ConnectionHost } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import type { Delivery } from './delivery.ts';
import type { Socket } from './socket.ts';

export interface ConnectionsOptions {
  /** The id of this node, told in WELCOME. */
  readonly node: string;
  readonly limits: Limits;
  /** Joins that the whole node admits per second. */
  readonly joinsPerSec: number;
  /** What may wait for one slow reader; a lagging one has caught up when a quarter of it is left. */
  readonly backpressureBytesMax: number;
  readonly sessionTtlMs: number;
  /** A resumed session is open here: other nodes may hold an older connection of it. Never called for a new session. */
  readonly onResumed: (identity: SessionIdentity) => void;
}

/** What waits for all clients to read, and for the one with the most. */
export interface Buffered {
  readonly bytes: number;
  readonly mostBytes: number;
}

/** How often readers are looked at. */
const LOOK_MS = 250;
/** They are also looked at when this share of the limit was published: none gets from below it to twice of it unseen. */
const LOOK_SHARE = 0.25;
/** Shares of a session's time to live between which a connection is renewed; those that came together are spread. */
const RENEW_FROM = 0.8;
const RENEW_SPREAD = 0.1;
const RENEW_STEPS = 1024;

export class Connections implements ConnectionHost {
  readonly rooms: Rooms;
  readonly commands: Commands;
  readonly clock: Clock;
  readonly log: Logger;
  readonly counters: Counters;
  readonly helloDeadlines: Deadlines<ClientConnection>;
  readonly slowReaders: Deadlines<Delivery>;
  readonly arrivals: Arrivals;
  readonly welcomeTail: Uint8Array;
  readonly limits: Limits;
  readonly lagBytes: number;
  readonly drainedBytes: number;
  readonly #sessionTtlMs: number;
  readonly #onResumed: (identity: SessionIdentity) => void;
  readonly #sessions: Sessions;
  readonly #byId = new Map<number, ClientConnection>();
  readonly #bySession = new Map<string, ClientConnection>();
  #lastId = 0;
  #look: Timer | null = null;
  #publishedBytes = 0;
  #buffered: Buffered = { bytes: 0, mostBytes: 0 };

  constructor(
    rooms: Rooms,
    sessions: Sessions,
    clock: Clock,
    log: Logger,
    counters: Counters,
    options: ConnectionsOptions,
  ) {
    this.rooms = rooms;
    this.commands = new Commands(rooms, clock, counters, options);
    this.clock = clock;
    this.log = log;
    this.counters = counters;
    this.helloDeadlines = new Deadlines(clock, HELLO_DEADLINE_MS, (connection) => connection.helloLate());
    this.slowReaders = new Deadlines(clock, SLOW_READER_MS, (delivery) => delivery.late());
    this.arrivals = new Arrivals(clock);
    this.welcomeTail = encodeWelcomeTail(options.node, options.limits);
    this.limits = options.limits;
    this.lagBytes = options.backpressureBytesMax;
    this.drainedBytes = options.backpressureBytesMax / 4;
    this.#sessionTtlMs = options.sessionTtlMs;
    this.#onResumed = options.onResumed;
    this.#sessions = sessions;
  }

  /** Open sockets, with or without a session. */
  get size(): number {
    return this.#byId.size;
  }

  get sessions(): number {
    return this.#bySession.size;
  }

  get lagging(): number {
    return this.slowReaders.size;
  }

  /** As it was at the last look. */
  get buffered(): Buffered {
    return this.#buffered;
  }

  accept(socket: Socket): ClientConnection {
    const connection = new ClientConnection(++this.#lastId, socket, this);
    this.#byId.set(connection.id, connection);
    this.#look ??= this.clock.every(LOOK_MS, () => this.#lookAtAll());
    this.counters.connectionsOpened++;
    return connection;
  }

  get(id: number): ClientConnection | null {
    return this.#byId.get(id) ?? null;
  }

  /** Of the connection of this session on this node; 0: there is none. */
  generationOf(sid: string): number {
    return this.#bySession.get(sid)?.session.generation ?? 0;
  }

  /** Closes the connection of this session on this node if it is older than `generation` (P4). */
  replaceOlder(sid: string, generation: number): void {
    const current = this.#bySession.get(sid);
    if (current !== undefined && current.session.generation < generation) current.replaced();
  }

  /** Of all connections with a session; those that open or close meanwhile may be among them. */
  *sessionIdentities(): Generator<SessionIdentity> {
    for (const { session } of this.#bySession.values()) yield session;
  }

  /** Tells every client with a session, once, to come again after its own `afterMs`; the sockets stay open. */
  goAway(reason: string, afterMs: () => number): void {
    for (const connection of this.#byId.values()) connection.goAway(reason, afterMs);
  }

  /** Closes every socket with 4000 and forgets all deadlines. */
  closeAll(reason: string): void {
    for (const connection of this.#byId.values()) connection.close(CLOSE.goingAway, reason);
    this.helloDeadlines.stop();
    this.slowReaders.stop();
    this.#stopLooking();
  }

  /** A frame of that many bytes went to some topic. */
  published(bytes: number): void {
    this.#publishedBytes += bytes;
    if (this.#publishedBytes > this.lagBytes * LOOK_SHARE) this.#lookAtAll();
  }

  renewAfterMs(connection: number): number {
    return this.#sessionTtlMs * (RENEW_FROM + (RENEW_SPREAD * (connection % RENEW_STEPS)) / RENEW_STEPS);
  }

  openSession(token: string | null, resume: string | null): Opening | Promise<Opening> {
    return this.#sessions.open(token, resume);
  }

  opened(connection: ClientConnection): void {
    const { session } = connection;
    const current = this.#bySession.get(session.sid);
    // Two resumes may overtake each other on their way through the store; the higher generation is the newer one.
    if (current !== undefined && current.session.generation > session.generation) {
      connection.replaced();
      return;
    }
    this.#bySession.set(session.sid, connection);
    current?.replaced();
    if (session.generation > 1) this.#onResumed(session);
  }

  closed(connection: ClientConnection): void {
    this.#byId.delete(connection.id);
    if (this.#byId.size === 0) this.#stopLooking();
    const { sid } = connection;
    if (sid !== null && this.#bySession.get(sid) === connection) this.#bySession.delete(sid);
  }

  #lookAtAll(): void {
    this.#publishedBytes = 0;
    const now = this.clock.now();
    let [bytes, mostBytes] = [0, 0];
    for (const connection of this.#byId.values()) {
      const waiting = connection.look(now);
      bytes += waiting;
      mostBytes = Math.max(mostBytes, waiting);
    }
    this.#buffered = { bytes, mostBytes };
  }

  #stopLooking(): void {
    this.#look?.cancel();
    this.#look = null;
    this.#buffered = { bytes: 0, mostBytes: 0 };
  }
}
