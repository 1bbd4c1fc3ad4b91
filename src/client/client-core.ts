/**
 * The SDK without sockets, timers and types: one session, its connection and its rooms. The browser, Node and the
 * simulator run this same class, each with its own ports.
 */
import { type Logger, silentLogger } from '../base/logger.ts';
import { encodePing } from '../protocol/client-writer.ts';
import { isRoomName, type Limits, META_BYTES_MAX } from '../protocol/limits.ts';
import type { ErrorFrame, ServerFrame } from '../protocol/server-reader.ts';
import { connectUrl } from './connect-url.ts';
import { Connection, type Status } from './connection.ts';
import type { Link } from './link.ts';
import type { ClientObserver, RoomObserver } from './observer.ts';
import { Pacer } from './pacer.ts';
import type { ClientPorts } from './ports.ts';
import { RoomCore } from './room-core.ts';
import { clientError, RoomcastError } from './roomcast-error.ts';
import { quiet } from './settled.ts';

export interface ClientCoreOptions {
  readonly url: string;
  readonly token?: string | null;
  /** From an earlier client's `resume`: the same session goes on, with the same member numbers. */
  readonly resume?: string | null;
  /** The room that will be joined: lets the load balancer choose the node that others of the room use. */
  readonly room?: string | null;
  readonly onStatus?: (status: Status, error: RoomcastError | null) => void;
  readonly observer?: ClientObserver;
}

export interface Pong {
  readonly roundTripMs: number;
  /** The server's wall clock, ms since 1970. */
  readonly serverTimeMs: number;
}

interface Ping {
  readonly t: number;
  sentAt: number;
  readonly promise: Promise<Pong>;
  readonly resolve: (pong: Pong) => void;
  readonly reject: (error: RoomcastError) => void;
}

export class ClientCore {
  readonly #ports: ClientPorts;
  readonly #options: ClientCoreOptions;
  readonly #log: Logger;
  readonly #connection: Connection;
  readonly #pacer: Pacer;
  readonly #link: Link;
  readonly #rooms = new Map<string, RoomCore>();
  readonly #trySendPing = (): void => this.#sendPing();
  #reqs = 0;
  #pings = 0;
  #ping: Ping | null = null;

  constructor(ports: ClientPorts, options: ClientCoreOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#log = ports.log ?? silentLogger;
    this.#pacer = new Pacer(ports.clock);
    this.#connection = new Connection(
      ports,
      {
        token: options.token ?? null,
        resume: options.resume ?? null,
        url: (sid) => connectUrl(options.url, options.room ?? null, sid),
      },
      {
        onStatus: (status, error) => this.#onStatus(status, error),
        onWelcome: (frame, sameSession) => this.#onWelcome(frame.limits, sameSession),
        onFrame: (frame) => this.#onFrame(frame),
        onLost: () => this.#onLost(),
      },
    );
    this.#link = this.#makeLink();
  }

  get status(): Status {
    return this.#connection.status;
  }

  /** Why the client is closed, when it did not close itself. */
  get error(): RoomcastError | null {
    return this.#connection.error;
  }

  /** Names the session; null before the first WELCOME. */
  get sid(): string | null {
    return this.#connection.sid;
  }

  /** Proves the session: kept and handed to a later client, it goes on with the same membership. A secret. */
  get resume(): string | null {
    return this.#connection.resume;
  }

  get limits(): Limits {
    return this.#connection.limits;
  }

  /** Connects, and stays connected until `close` or a close code that forbids to come back. */
  start(): void {
    this.#connection.start();
  }

  /** The room joined under that name, or a new one that joins now (`joined` tells how that ends). */
  join(name: string, meta: Uint8Array | null = null, observer: RoomObserver = {}): RoomCore {
    if (this.status === 'closed') throw clientError('closed');
    if (!isRoomName(name))
      throw new RoomcastError('bad-room', `not a room name: ${JSON.stringify(name.slice(0, 140))}`);
    if (meta !== null && meta.length > META_BYTES_MAX) {
      throw new RoomcastError('too-large', `meta of ${meta.length} bytes, ${META_BYTES_MAX} are allowed`);
    }
    const present = this.#rooms.get(name);
    if (present?.phase === 'leaving') throw clientError('left', `${name} is still being left`);
    if (present !== undefined) return present;
    const room: RoomCore = new RoomCore(name, meta, this.#link, observer, () => {
      if (this.#rooms.get(name) === room) this.#rooms.delete(name);
    });
    this.#rooms.set(name, room);
    if (this.#link.open) room.onOpen(true);
    return room;
  }

  room(name: string): RoomCore | null {
    return this.#rooms.get(name) ?? null;
  }

  /** Calls while one is on its way share its answer. Rejects with `disconnected` when the connection is lost. */
  ping(): Promise<Pong> {
    if (this.#ping !== null) return this.#ping.promise;
    if (!this.#link.open) return quiet(Promise.reject(clientError('disconnected')));
    const { promise, resolve, reject } = Promise.withResolvers<Pong>();
    this.#ping = { t: ++this.#pings, sentAt: 0, promise: quiet(promise), resolve, reject };
    this.#sendPing();
    return promise;
  }

  /** Ends the session's connection; its rooms see it leave when their grace time is over. `leave` them first to be quicker. */
  close(): void {
    this.#connection.close();
  }

  #makeLink(): Link {
    const client = this;
    return {
      clock: this.#ports.clock,
      rng: this.#ports.rng,
      log: this.#log,
      pacer: this.#pacer,
      get open() {
        return client.#connection.status === 'open';
      },
      get limits() {
        return client.#connection.limits;
      },
      nextReq: () => ++this.#reqs,
      send: (bytes) => this.#connection.send(bytes),
      probe: () => this.#connection.probe(),
    };
  }

  #onStatus(status: Status, error: RoomcastError | null): void {
    if (status === 'closed') {
      for (const room of [...this.#rooms.values()]) room.end(error ?? clientError('closed'));
    }
    this.#options.onStatus?.(status, error);
  }

  #onWelcome(limits: Limits, sameSession: boolean): void {
    this.#pacer.start(limits);
    for (const room of [...this.#rooms.values()]) room.onOpen(sameSession);
  }

  #onLost(): void {
    this.#pacer.stop();
    this.#ping?.reject(clientError('disconnected'));
    this.#ping = null;
    for (const room of [...this.#rooms.values()]) room.onLost();
  }

  #onFrame(frame: ServerFrame): void {
    this.#options.observer?.onFrame?.(frame);
    switch (frame.op) {
      case 'welcome':
      case 'goaway':
        return; // the connection's own
      case 'pong':
        this.#onPong(frame.t, frame.now);
        return;
      case 'error':
        this.#onError(frame);
        return;
      default:
        this.#rooms.get(frame.room)?.onFrame(frame);
    }
  }

  #onError(frame: ErrorFrame): void {
    if (frame.room !== null) this.#rooms.get(frame.room)?.onFrame(frame);
    // A server that could not even read the room's name may still name the request.
    else if (frame.req !== null) for (const room of [...this.#rooms.values()]) room.onFrame(frame);
    else this.#log.warn({ code: frame.code }, frame.message);
  }

  #sendPing(): void {
    const ping = this.#ping;
    if (ping === null) return;
    const bytes = encodePing(ping.t);
    if (!this.#pacer.take(bytes.length, this.#trySendPing)) return;
    ping.sentAt = this.#ports.clock.now();
    this.#connection.send(bytes);
  }

  #onPong(t: number, now: number): void {
    const ping = this.#ping;
    if (ping === null || ping.t !== t) return; // a keep-alive's, or it came twice
    this.#ping = null;
    ping.resolve({ roundTripMs: this.#ports.clock.now() - ping.sentAt, serverTimeMs: now });
  }
}
