/**
 * One client connection as a state machine: HELLO, session, commands, end (P1-P5, P19). It knows no socket library and
 * has no timer of its own, so a simulator drives it with virtual sockets.
 */
import { must } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import { readClientFrame } from '../protocol/client-frame.ts';
import { CLOSE } from '../protocol/codes.ts';
import { FrameFault } from '../protocol/frame-fault.ts';
import { HELLO_DEADLINE_MS, type Limits, PROTOCOL_VERSION } from '../protocol/limits.ts';
import { CLIENT_OP } from '../protocol/op.ts';
import { encodeGoaway, encodeWelcome } from '../protocol/server-frame.ts';
import type { Rooms, Seat, SessionIdentity } from '../room/ports.ts';
import type { Opening } from '../session/sessions.ts';
import type { Arrivals } from './arrivals.ts';
import type { Commander, Commands } from './commands.ts';
import type { Deadlines } from './deadlines.ts';
import { Delivery, type DeliveryHost } from './delivery.ts';
import { EarlyFrames } from './early-frames.ts';
import { RateLimit } from './rate-limit.ts';
import type { Socket } from './socket.ts';

/** What all connections of a node share. */
export interface ConnectionHost extends DeliveryHost {
  readonly rooms: Rooms;
  readonly commands: Commands;
  readonly log: Logger;
  readonly helloDeadlines: Deadlines<ClientConnection>;
  readonly arrivals: Arrivals;
  /** What each WELCOME ends with. */
  readonly welcomeTail: Uint8Array;
  readonly limits: Limits;
  /** How old a connection may become before it is asked to come again, since its resume token runs out. */
  renewAfterMs(connection: number): number;
  openSession(token: string | null, resume: string | null): Opening | Promise<Opening>;
  /** The session is open and not yet welcome; an older connection of it goes, or this one if a newer one is there. */
  opened(connection: ClientConnection): void;
  closed(connection: ClientConnection): void;
}

/** Besides a JOIN for each room, what a client may send before WELCOME. */
const EARLY_FRAMES_EXTRA = 48;
/** RFC 6455: the server met something that it did not expect. Not the client's fault, so it may come again. */
const INTERNAL_ERROR = 1011;

export class ClientConnection implements Commander {
  readonly id: number;
  readonly seats: Seat[] = roomForOne();
  readonly rateLimit: RateLimit;
  readonly #host: ConnectionHost;
  readonly #delivery: Delivery;
  #state: 'waiting' | 'opening' | 'open' | 'closed' = 'waiting';
  #session: SessionIdentity | null = null;
  #early: EarlyFrames | null = null;
  /** Index of the seat that was last spoken to: most clients sit in one room, or talk to one for a while. */
  #lastSeat = 0;
  #isSentAway = false;
  /** When the resume token of its WELCOME is old enough to be renewed by a new connection. */
  #renewAt = Number.POSITIVE_INFINITY;

  constructor(id: number, socket: Socket, host: ConnectionHost) {
    this.id = id;
    this.#host = host;
    this.#delivery = new Delivery(this, socket, host);
    this.rateLimit = new RateLimit(host.limits, host.clock.now());
    host.helloDeadlines.add(this);
  }

  get session(): SessionIdentity {
    return must(this.#session, 'the session of an open connection');
  }

  /** Of its session; null before that is open. */
  get sid(): string | null {
    return this.#session?.sid ?? null;
  }

  /** From the socket: one message. The bytes may be reused after the call. */
  receive(bytes: Uint8Array, isBinary: boolean): void {
    if (this.#state === 'closed') return;
    const { counters, limits } = this.#host;
    counters.framesIn++;
    counters.bytesIn += bytes.length;
    if (!isBinary) {
      counters.badText++;
      this.#badFrame('a text message; frames are binary');
    } else if (bytes.length > limits.frameBytesMax) {
      counters.badTooLarge++;
      this.#badFrame(`frame of ${bytes.length} bytes, over frameBytesMax ${limits.frameBytesMax}`);
    } else if (this.#early === null) this.#take(bytes);
    else if (!this.#early.push(bytes)) this.close(CLOSE.rateLimit, 'too many frames before WELCOME');
  }

  /** From the socket: its buffer was full and a frame is gone, sent or published. Safe while topics are iterated. */
  dropped(): void {
    this.#delivery.dropped();
  }

  /** From the socket: the reader took something from its buffer. */
  drained(): void {
    this.#delivery.drained();
  }

  /**
   * Now and then: whether the reader keeps up, and whether its resume token is still good for long enough (P5). Answers
   * how many bytes wait for it.
   */
  look(now: number): number {
    const bytes = this.#delivery.look();
    if (now < this.#renewAt) return bytes;
    this.#renewAt = Number.POSITIVE_INFINITY;
    this.goAway('the session is due for a new resume token', () => 0);
    this.close(CLOSE.goingAway, 'the session is due for a new resume token');
    return 0;
  }

  /** From the socket: it is gone and must not be touched again. */
  closed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#delivery.gone();
    this.#release();
  }

  /** HELLO did not come in time (P1). */
  helloLate(): void {
    this.#host.counters.helloTimeouts++;
    this.close(CLOSE.helloTimeout, `no HELLO within ${HELLO_DEADLINE_MS / 1000} s`);
  }

  /** A fault of this server while it served the connection, whose state can't be trusted any more. */
  fault(error: unknown): void {
    this.#host.log.error({ error, connection: this.id }, 'a connection is closed for a fault of the server');
    this.close(INTERNAL_ERROR, 'internal fault');
  }

  send(frame: Uint8Array): void {
    this.#delivery.send(frame);
  }

  sendLast(room: string, frame: Uint8Array): void {
    this.#delivery.sendLast(room, frame);
  }

  subscribe(topic: string): void {
    this.#delivery.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#delivery.unsubscribe(topic);
  }

  replaced(): void {
    if (this.#state === 'closed') return;
    this.#host.counters.connectionsReplaced++;
    this.close(CLOSE.replaced, 'replaced by a newer connection of the same session');
  }

  /** Tells the client to come again, if it was not told and listens. */
  goAway(reason: string, afterMs: () => number): void {
    if (this.#state !== 'open' || this.#isSentAway || this.#delivery.isLagging) return;
    this.#isSentAway = true;
    this.send(encodeGoaway(reason, afterMs()));
  }

  seatAt(bytes: Uint8Array, start: number, end: number): Seat | null {
    const last = this.seats[this.#lastSeat];
    if (last !== undefined && sameBytes(last.nameBytes, bytes, start, end)) return last;
    for (let i = 0; i < this.seats.length; i++) {
      const seat = this.seats[i];
      if (seat === undefined || !sameBytes(seat.nameBytes, bytes, start, end)) continue;
      this.#lastSeat = i;
      return seat;
    }
    return null;
  }

  close(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    try {
      this.#delivery.close(code, reason);
    } finally {
      this.#release();
    }
  }

  #take(bytes: Uint8Array): void {
    const { commands, counters } = this.#host;
    const { frame } = commands;
    try {
      readClientFrame(bytes, frame);
    } catch (fault) {
      if (!(fault instanceof FrameFault)) throw fault;
      counters.badShape++;
      this.#badFrame(fault.message);
      return;
    }
    const isHello = frame.op === CLIENT_OP.hello;
    if (isHello !== (this.#state === 'waiting')) {
      counters.badOrder++;
      this.#badFrame(isHello ? 'a second HELLO' : 'the first frame must be HELLO');
    } else if (isHello) this.#hello(frame.version, frame.token, frame.resume);
    else commands.handle(this, frame, bytes);
  }

  #hello(version: number, token: string | null, resume: string | null): void {
    this.#host.helloDeadlines.delete(this);
    if (version !== PROTOCOL_VERSION) {
      this.close(CLOSE.version, `version ${version} is not spoken here, only ${PROTOCOL_VERSION}`);
      return;
    }
    if (this.#host.arrivals.admits()) {
      this.#openSession(token, resume);
      return;
    }
    this.#holdFrames();
    this.#host.arrivals.wait(() => this.#openInTurn(token, resume));
  }

  #openInTurn(token: string | null, resume: string | null): void {
    if (this.#state !== 'opening') return;
    try {
      this.#openSession(token, resume);
    } catch (error) {
      this.fault(error);
    }
  }

  #openSession(token: string | null, resume: string | null): void {
    const opening = this.#host.openSession(token, resume);
    if (opening instanceof Promise) {
      this.#holdFrames();
      // Every failure ends in fault(), so nothing is left to reject.
      void opening.then((result) => this.#openedLate(result)).catch((error) => this.fault(error));
    } else if (this.#state === 'waiting') this.#opened(opening);
    else this.#openedLate(opening);
  }

  /** What comes before the session is open waits for it. */
  #holdFrames(): void {
    const { limits } = this.#host;
    this.#state = 'opening';
    this.#early ??= new EarlyFrames(limits.roomsMax + EARLY_FRAMES_EXTRA, 2 * limits.frameBytesMax);
  }

  #openedLate(result: Opening): void {
    const early = this.#early?.frames ?? [];
    this.#early = null;
    if (this.#state !== 'opening') return;
    this.#delivery.cork(() => {
      this.#opened(result);
      for (const bytes of early) if (this.#state === 'open') this.#take(bytes);
    });
  }

  #opened(result: Opening): void {
    const { counters, welcomeTail } = this.#host;
    if (result.kind === 'refused') {
      counters.sessionsRefused++;
      this.close(CLOSE.unauthorized, result.reason);
      return;
    }
    this.#session = result.identity;
    this.#state = 'open';
    this.#renewAt = this.#host.clock.now() + this.#host.renewAfterMs(this.id);
    if (result.resumed) counters.sessionsResumed++;
    else counters.sessionsOpened++;
    this.#host.opened(this);
    this.send(encodeWelcome(result.identity.sid, result.resume, welcomeTail));
  }

  #badFrame(reason: string): void {
    this.close(CLOSE.badFrame, reason);
  }

  #release(): void {
    this.#early = null;
    this.#host.helloDeadlines.delete(this);
    this.#host.closed(this);
    if (this.#session !== null) this.#host.rooms.disconnect(this);
  }
}

/** An empty array that holds one seat as it is: V8 would make room for 17 at the first push, and most clients have one. */
function roomForOne(): Seat[] {
  const seats: (Seat | null)[] = [null];
  seats.pop();
  return seats as Seat[];
}

function sameBytes(name: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return false;
  return true;
}
