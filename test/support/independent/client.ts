/**
 * One honest connection: what PROTOCOL.md says and nothing on top of it. No memory of rooms, no repair, no retry.
 *
 * Keeps each frame it ever got. `next` hands out each of them once, oldest first, so that a test names what it
 * expects and what it does not name stays. A server frame that breaks the page lands in `faults` and fails the
 * next `next`.
 */
import { encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import { helloFrame, joinFrame, leaveFrame, pingFrame, sendFrame, setFrame } from './client-frames.ts';
import type { ErrorFrame, Joined, Left, Pong, Position, RoomEvent, ServerFrame, Welcome } from './frames.ts';
import { readFrame } from './read-frame.ts';

const subprotocol = 'roomcast.v1';

/** How long `next` waits: far above any honest answer, below the time limit of a test. */
const patienceMs = 10_000;

export interface ConnectOptions {
  /** The load balancer's hint. */
  readonly room?: string;
  /** Default: the one subprotocol of version 1. An empty list offers none. */
  readonly protocols?: readonly string[];
  readonly origin?: string;
}

export interface Close {
  readonly code: number;
  readonly reason: string;
}

/** The server answered the upgrade with an HTTP status. */
export class UpgradeRefused extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`the upgrade was answered with HTTP ${status}`);
    this.status = status;
  }
}

/** A request (JOIN, LEAVE) was answered with ERROR. */
class RequestRefused extends Error {
  readonly frame: ErrorFrame;
  constructor(frame: ErrorFrame) {
    super(`${frame.code}: ${frame.message}`);
    this.frame = frame;
  }
}

type OpOf = ServerFrame['op'];
type FrameOf<O extends OpOf> = Extract<ServerFrame, { op: O }>;

/** An event with its place in the room. */
export interface Placed extends Position {
  readonly event: RoomEvent;
}

interface Waiter {
  /** Whether the frame belongs to this waiter alone. */
  readonly takes: boolean;
  readonly matches: (frame: ServerFrame) => boolean;
  readonly resolve: (frame: ServerFrame) => void;
  readonly reject: (error: Error) => void;
}

export class Client {
  /** Each frame of the server in the order of arrival. */
  readonly frames: ServerFrame[] = [];
  /** What was wrong with server frames; empty for a server that keeps to the page. */
  readonly faults: string[] = [];
  readonly closed: Promise<Close>;
  /** WebSocket pings of the server so far (keepAliveMs). */
  pings = 0;
  #socket: WebSocket;
  #taken = new Set<ServerFrame>();
  #waiters = new Set<Waiter>();
  #close: Close | null = null;
  #lastReq = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('ping', () => {
      this.pings++;
    });
    socket.on('message', (data, isBinary) => this.#receive(data as Buffer, isBinary));
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#close = { code, reason: reason.toString() };
        for (const waiter of this.#waiters) waiter.reject(this.#gone());
        this.#waiters.clear();
        resolve(this.#close);
      });
    });
  }

  static connect(url: string, options: ConnectOptions = {}): Promise<Client> {
    const target = new URL(url);
    if (options.room !== undefined) target.searchParams.set('room', options.room);
    const socket = new WebSocket(target, [...(options.protocols ?? [subprotocol])], {
      perMessageDeflate: false,
      handshakeTimeout: patienceMs,
      ...(options.origin === undefined ? {} : { origin: options.origin }),
    });
    const client = new Client(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(client));
      socket.on('unexpected-response', (_request, response) => {
        response.destroy();
        socket.terminate();
        reject(new UpgradeRefused(response.statusCode ?? 0));
      });
      // After the open, errors (a reset while writing) show as the close that follows them.
      socket.on('error', reject);
    });
  }

  get isOpen(): boolean {
    return this.#close === null;
  }

  /** The subprotocol that the server chose; '' = none. */
  get chosenProtocol(): string {
    return this.#socket.protocol;
  }

  hello(options: { token?: string; resume?: string; version?: number } = {}): Promise<Welcome> {
    this.write(helloFrame(options.token ?? null, options.resume ?? null, options.version ?? 1));
    return this.next('welcome');
  }

  /** Rejects with RequestRefused where the answer is ERROR. */
  async join(room: string, options: { since?: Position; meta?: Uint8Array } = {}): Promise<Joined> {
    const req = ++this.#lastReq;
    this.write(joinFrame(req, room, options.since ?? null, options.meta ?? null));
    return this.#answer('joined', req);
  }

  async leave(room: string): Promise<Left> {
    const req = ++this.#lastReq;
    this.write(leaveFrame(req, room));
    return this.#answer('left', req);
  }

  send(room: string, cseq: number, payload: Uint8Array): void {
    this.write(sendFrame(room, cseq, payload));
  }

  set(room: string, cseq: number, set: Readonly<Record<string, Uint8Array>>, del: readonly string[] = []): void {
    this.write(setFrame(room, cseq, set, del));
  }

  ping(t: number): Promise<Pong> {
    this.write(pingFrame(t));
    return this.next('pong', (pong) => pong.t === t);
  }

  /** Any value as one binary message: also the wrong ones. */
  write(value: unknown): void {
    this.writeBytes(encode(value));
  }

  writeBytes(bytes: Uint8Array): void {
    this.#socket.send(bytes, { binary: true }, () => {});
  }

  writeText(text: string): void {
    this.#socket.send(text, { binary: false }, () => {});
  }

  /** Stops reading from the socket, so that the server's bytes pile up on its side. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** The oldest frame not handed out yet that is of this kind (and matches). Waits for one that has not come. */
  next<O extends OpOf>(op: O, matches: (frame: FrameOf<O>) => boolean = () => true): Promise<FrameOf<O>> {
    const wanted = (frame: ServerFrame): frame is FrameOf<O> => frame.op === op && matches(frame as FrameOf<O>);
    return this.nextFrame(wanted, op) as Promise<FrameOf<O>>;
  }

  nextFrame(matches: (frame: ServerFrame) => boolean, what = 'a frame'): Promise<ServerFrame> {
    const here = this.frames.find((frame) => !this.#taken.has(frame) && matches(frame));
    if (here === undefined) return this.#wait(true, matches, what);
    this.#taken.add(here);
    return Promise.resolve(here);
  }

  /**
   * The first event of the room with these fields, come or to come. Takes no frame: a server may put any number of
   * events into one.
   */
  async event(room: string, wanted: Readonly<Record<string, unknown>>): Promise<Placed> {
    const isWanted = (event: RoomEvent) =>
      Object.entries(wanted).every(([key, value]) => (event as unknown as Record<string, unknown>)[key] === value);
    const has = (frame: ServerFrame) => frame.op === 'events' && frame.room === room && frame.events.some(isWanted);
    const frame = this.frames.find(has) ?? (await this.#wait(false, has, `event ${JSON.stringify(wanted)}`));
    const found = frame.op === 'events' ? placedEvents(frame).find(({ event }) => isWanted(event)) : undefined;
    if (found === undefined) throw new Error('the event is not in its own frame');
    return found;
  }

  /** All events of the room so far, in the order of arrival. */
  eventsOf(room: string): Placed[] {
    return this.frames.flatMap((frame) => (frame.op === 'events' && frame.room === room ? placedEvents(frame) : []));
  }

  /** Ends the connection with a close frame. */
  close(): Promise<Close> {
    this.#socket.close(1000);
    return this.closed;
  }

  /** Ends the connection as a lost network does: no close frame. */
  cut(): void {
    this.#socket.terminate();
  }

  async #answer<O extends 'joined' | 'left'>(op: O, req: number): Promise<FrameOf<O>> {
    const frame = await this.nextFrame((f) => (f.op === op || f.op === 'error') && f.req === req, `answer to ${req}`);
    if (frame.op === 'error') throw new RequestRefused(frame);
    return frame as FrameOf<O>;
  }

  #wait(takes: boolean, matches: (frame: ServerFrame) => boolean, what: string): Promise<ServerFrame> {
    if (this.faults.length > 0) return Promise.reject(new Error(`the server broke the protocol: ${this.faults[0]}`));
    if (this.#close !== null) return Promise.reject(this.#gone());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        const seen = this.frames.slice(-8).map((frame) => brief(frame));
        reject(new Error(`no ${what} within ${patienceMs} ms; the last frames: ${seen.join(' | ') || 'none'}`));
      }, patienceMs);
      const waiter: Waiter = {
        takes,
        matches,
        resolve: (frame) => {
          clearTimeout(timer);
          resolve(frame);
        },
        reject: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
    });
  }

  #receive(data: Buffer, isBinary: boolean): void {
    let frame: ServerFrame;
    try {
      if (!isBinary) throw new Error('a text message');
      frame = readFrame(data);
    } catch (error) {
      this.faults.push(`${error} in ${data.subarray(0, 64).toString('hex')}`);
      for (const waiter of this.#waiters) waiter.reject(new Error(`the server broke the protocol: ${error}`));
      this.#waiters.clear();
      return;
    }
    this.frames.push(frame);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(frame) || (waiter.takes && this.#taken.has(frame))) continue;
      if (waiter.takes) this.#taken.add(frame);
      this.#waiters.delete(waiter);
      waiter.resolve(frame);
    }
  }

  #gone(): Error {
    return new Error(`the connection is closed: ${this.#close?.code} ${this.#close?.reason}`);
  }
}

const placedEvents = ({ epoch, first, events }: FrameOf<'events'>): Placed[] =>
  events.map((event, i) => ({ epoch, seq: first + i, event }));

const brief = (frame: ServerFrame): string =>
  JSON.stringify(frame, (_key, value) => (value instanceof Uint8Array ? `bin(${value.length})` : value)).slice(0, 200);
