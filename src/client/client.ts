/**
 * The SDK, for browsers and Node ≥ 22: `connect`, then `join`, then talk. docs/SDK.md is its manual.
 */
import { type Logger, silentLogger } from '../base/logger.ts';
import { realClock } from '../base/real-clock.ts';
import { systemRng } from '../base/rng.ts';
import type { Limits } from '../protocol/limits.ts';
import { ClientCore, type Pong } from './client-core.ts';
import type { Status } from './connection.ts';
import { Emitter } from './emitter.ts';
import type { ClientPorts } from './ports.ts';
import { Room } from './room.ts';
import { clientError, RoomcastError } from './roomcast-error.ts';
import { webSocketTransport } from './websocket-transport.ts';

export type { SnapshotKind } from './observer.ts';
export type { ClientPorts, Transport, Wire, WireHandlers } from './ports.ts';
export type { MemberChange, RoomMember } from './room.ts';
export type { RoomState } from './room-state.ts';
export type { ClientErrorCode } from './roomcast-error.ts';
export type { Limits, Logger, Pong, Status };
export { Room, RoomcastError };

export interface ConnectOptions {
  /** What the server's token check wants, such as a JWT. Default: none, a guest. */
  readonly token?: string;
  /** `client.resume` of an earlier client (kept over a page reload, say): its session goes on. */
  readonly resume?: string;
  /** The room that will be joined, as a hint for the load balancer: a node that has its members already. */
  readonly room?: string;
  /** For the first connection only; later ones are tried for ever. Default 30 000 ms. */
  readonly timeoutMs?: number;
  /** Default: silent. */
  readonly log?: Logger;
  /** Clock, random source and transport of a test. */
  readonly ports?: Partial<ClientPorts>;
}

export interface JoinOptions {
  /** What the others see of this member; at most 1 KiB encoded. Kept from the first join of a membership. */
  readonly meta?: unknown;
}

const CONNECT_TIMEOUT_MS = 30_000;

/** Resolves when the session is open. Rejects with RoomcastError where that is refused or takes too long. */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  const client = new Client(url, options);
  await client.opened(options.timeoutMs ?? CONNECT_TIMEOUT_MS);
  return client;
}

/** One session. Connects again by itself, for as long as it is not closed. */
export class Client {
  readonly #ports: ClientPorts;
  readonly #log: Logger;
  readonly #emitter: Emitter;
  readonly #core: ClientCore;
  readonly #rooms = new Map<string, Room>();
  readonly #url: string;

  /** Use `connect`. */
  constructor(url: string, options: ConnectOptions) {
    this.#url = url;
    this.#log = options.log ?? silentLogger;
    const real = { clock: realClock, rng: systemRng, transport: webSocketTransport };
    this.#ports = { ...real, ...options.ports, log: this.#log };
    this.#emitter = new Emitter(this.#ports.clock);
    this.#core = new ClientCore(this.#ports, {
      url,
      token: options.token ?? null,
      resume: options.resume ?? null,
      room: options.room ?? null,
      onStatus: (status, error) => this.#emitter.emit('status', status, error),
    });
  }

  get status(): Status {
    return this.#core.status;
  }

  /** Why the session ended, where it was not `close`. */
  get error(): RoomcastError | null {
    return this.#core.error;
  }

  /** Names the session. */
  get sid(): string | null {
    return this.#core.sid;
  }

  /** Proves the session, on every node; a secret. New with each connection. */
  get resume(): string | null {
    return this.#core.resume;
  }

  /** What the node now serving allows. */
  get limits(): Limits {
    return this.#core.limits;
  }

  /** `error` comes with `closed`, where the server ended the session. Answers a call that removes the handler. */
  on(event: 'status', handler: (status: Status, error: RoomcastError | null) => void): () => void {
    return this.#emitter.on(event, handler);
  }

  off(event: 'status', handler: (status: Status, error: RoomcastError | null) => void): void {
    this.#emitter.off(event, handler);
  }

  /** The room, once joined; the same object for the same name. Rejects with RoomcastError where it is refused. */
  async join(name: string, options: JoinOptions = {}): Promise<Room> {
    let room = this.#rooms.get(name);
    while (room?.isLeaving) {
      await room.leave();
      room = this.#rooms.get(name);
    }
    if (room === undefined || room.isOver) {
      room = new Room(this.#core, this.#ports.clock, this.#log, name, options.meta);
      this.#rooms.set(name, room);
    }
    await room.joined;
    return room;
  }

  /** Round trip through the connection, and the server's clock. Rejects with `disconnected` where there is none. */
  ping(): Promise<Pong> {
    return this.#core.ping();
  }

  /** Ends the connection. Others see this member away, and leave after its grace time; `room.leave()` first is quicker. */
  close(): void {
    this.#core.close();
  }

  /** Part of `connect`. */
  opened(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: RoomcastError): void => {
        finish();
        this.close();
        reject(error);
      };
      const timer = this.#ports.clock.after(timeoutMs, () =>
        fail(clientError('timeout', `${timeoutMs} ms for ${this.#url}`)),
      );
      const off = this.on('status', (status, error) => {
        if (status === 'open') {
          finish();
          resolve();
        } else if (status === 'closed') fail(error ?? clientError('closed'));
      });
      const finish = (): void => {
        timer.cancel();
        off();
      };
      try {
        this.#core.start();
      } catch (error) {
        fail(clientError('bad-argument', `url: ${error instanceof Error ? error.message : String(error)}`));
      }
    });
  }
}
