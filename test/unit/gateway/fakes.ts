/** A gateway without a socket library: sockets whose buffer the test fills, and rooms that write down what they hear. */
import { Counters } from '../../../src/base/counters.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import type { ClientConnection } from '../../../src/gateway/connection.ts';
import { Connections, type ConnectionsOptions } from '../../../src/gateway/connections.ts';
import type { SendResult, Socket } from '../../../src/gateway/socket.ts';
import { encodeHello, encodeJoin } from '../../../src/protocol/client-writer.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { readServerFrame, type ServerFrame } from '../../../src/protocol/server-reader.ts';
import type { Connection, JoinRequest, Position, Rooms, Seat, SessionIdentity } from '../../../src/room/ports.ts';
import { type AccessTokens, noTokens } from '../../../src/session/access-token.ts';
import type { SessionStore } from '../../../src/session/ports.ts';
import { ResumeTokens } from '../../../src/session/resume-token.ts';
import { Sessions } from '../../../src/session/sessions.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Longer than any of the tests moves its clock, but for the one that waits for it. */
export const SESSION_TTL_MS = 24 * 60 * 60_000;
export const SECRET = 'a secret of the tests, 32 characters or more';

class FakeSocket implements Socket {
  readonly frames: ServerFrame[] = [];
  readonly topics = new Set<string>();
  closed: { readonly code: number; readonly reason: string } | null = null;
  result: SendResult = 'sent';
  buffered = 0;
  /** While true, a topic is being iterated: uWS would end the process at a subscribe or unsubscribe. */
  iterating = false;

  send(frame: Uint8Array): SendResult {
    if (this.result !== 'dropped') this.frames.push(readServerFrame(frame));
    return this.result;
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  subscribe(topic: string): void {
    this.#checkTopics();
    this.topics.add(topic);
  }

  unsubscribe(topic: string): void {
    this.#checkTopics();
    this.topics.delete(topic);
  }

  bufferedBytes(): number {
    return this.buffered;
  }

  cork(run: () => void): void {
    run();
  }

  /** The frames since the last call. */
  take(): ServerFrame[] {
    return this.frames.splice(0);
  }

  #checkTopics(): void {
    if (this.iterating) throw new Error('topics changed while they are iterated');
    if (this.closed !== null) throw new Error('topics changed on a closed socket');
  }
}

export class FakeSeat implements Seat {
  readonly nameBytes: Uint8Array;
  topic: string | null;
  at: Position | null = { epoch: 1, seq: 0 };
  readonly heard: string[] = [];
  readonly room: string;

  constructor(room: string) {
    this.room = room;
    this.nameBytes = new TextEncoder().encode(room);
    this.topic = `${room}#1`;
  }

  message(cseq: number, bytes: Uint8Array, start: number, end: number): void {
    this.heard.push(`message ${cseq} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
  }

  patch(cseq: number, bytes: Uint8Array, start: number, end: number): void {
    this.heard.push(`patch ${cseq} ${Buffer.from(bytes.subarray(start, end)).toString('hex')}`);
  }

  leave(req: number): void {
    this.heard.push(`leave ${req}`);
  }

  position(): Position | null {
    return this.at;
  }
}

export class FakeRooms implements Rooms {
  readonly joins: JoinRequest[] = [];
  readonly gone: number[] = [];

  /** Gives a seat at once, as a room with its owner here does. */
  join(connection: Connection, request: JoinRequest): void {
    this.joins.push(request);
    if (connection.seats.some((seat) => seat.room === request.room)) return;
    const seat = new FakeSeat(request.room);
    connection.seats.push(seat);
    if (seat.topic !== null) connection.subscribe(seat.topic);
  }

  disconnect(connection: Connection): void {
    this.gone.push(connection.id);
    for (const seat of connection.seats.splice(0)) if (seat.topic !== null) connection.unsubscribe(seat.topic);
  }
}

export interface Client {
  readonly socket: FakeSocket;
  readonly connection: ClientConnection;
  say(...frames: Uint8Array[]): void;
  seat(room: string): FakeSeat;
}

export interface FakeGatewayOptions {
  readonly limits?: Partial<Limits>;
  readonly joinsPerSec?: number;
  readonly access?: AccessTokens;
  readonly store?: SessionStore;
  readonly log?: Logger;
}

export class FakeGateway {
  readonly clock = new VirtualClock();
  readonly counters = new Counters();
  readonly rooms = new FakeRooms();
  readonly resumed: SessionIdentity[] = [];
  readonly connections: Connections;

  constructor(options: FakeGatewayOptions = {}) {
    const log = options.log ?? silentLogger;
    let random = 0;
    const sessions = new Sessions(
      options.store ?? countingStore(),
      options.access ?? noTokens,
      new ResumeTokens(SECRET),
      (count) => new Uint8Array(count).fill(++random),
      this.clock,
      log,
      { ttlMs: SESSION_TTL_MS, storeTimeoutMs: 2_000 },
    );
    const settings: ConnectionsOptions = {
      node: 'node-a',
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      joinsPerSec: options.joinsPerSec ?? 1_000,
      backpressureBytesMax: 4_000,
      sessionTtlMs: SESSION_TTL_MS,
      onResumed: (identity) => this.resumed.push(identity),
    };
    this.connections = new Connections(this.rooms, sessions, this.clock, log, this.counters, settings);
  }

  connect(): Client {
    const socket = new FakeSocket();
    const connection = this.connections.accept(socket);
    return {
      socket,
      connection,
      say: (...frames) => {
        for (const frame of frames) connection.receive(frame, true);
      },
      seat: (room) => {
        const seat = connection.seats.find((one) => one.room === room);
        if (!(seat instanceof FakeSeat)) throw new Error(`no seat in ${room}`);
        return seat;
      },
    };
  }

  /** A guest who was welcomed and took seats; its frames so far are taken. */
  welcomed(...rooms: string[]): Client {
    const client = this.connect();
    client.say(encodeHello(null, null));
    for (const [i, room] of rooms.entries()) client.say(encodeJoin(i + 1, room, null, null));
    client.socket.take();
    return client;
  }
}

/** Gives out generations as Redis does. */
export function countingStore(): SessionStore {
  const highest = new Map<string, number>();
  return {
    async open(sid, tokenGeneration) {
      const generation = Math.max(highest.get(sid) ?? 0, tokenGeneration) + 1;
      highest.set(sid, generation);
      return generation;
    },
  };
}

/** The resume token of a WELCOME. */
export function resumeIn(frames: readonly ServerFrame[]): string {
  for (const frame of frames) if (frame.op === 'welcome') return frame.resume;
  throw new Error('no WELCOME');
}
