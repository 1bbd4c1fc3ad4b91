/**
 * One connection after another to the cluster: HELLO and WELCOME, the resume token, back-off, GOAWAY, keep-alive.
 * Knows nothing of rooms. A socket that is given up is forgotten at once: whatever it still brings is ignored, so that
 * its late close (4502, once the next connection has taken over) is not taken for the end of the session.
 * Rules P1, P4, P5 and section 8.
 */
import { fullJitterMs } from '../base/backoff.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { encodeHello, encodePing } from '../protocol/client-writer.ts';
import { CLOSE } from '../protocol/codes.ts';
import { DEFAULT_LIMITS, type Limits } from '../protocol/limits.ts';
import { readServerFrame, type ServerFrame } from '../protocol/server-reader.ts';
import { Alarm } from './alarm.ts';
import { closeError } from './close-error.ts';
import type { ClientPorts, Wire } from './ports.ts';
import type { RoomcastError } from './roomcast-error.ts';

/** connecting: until WELCOME. waiting: the next try comes after the back-off. closed: for good. */
export type Status = 'connecting' | 'open' | 'waiting' | 'closed';

export type WelcomeFrame = Extract<ServerFrame, { op: 'welcome' }>;

export interface ConnectionOptions {
  readonly token: string | null;
  readonly resume: string | null;
  /** The address of the next try; `sid` is null before the first WELCOME. */
  readonly url: (sid: string | null) => string;
}

export interface ConnectionHandlers {
  onStatus(status: Status, error: RoomcastError | null): void;
  /** `sameSession` is false when P5 brought a new sid: what rooms knew of their membership is void. */
  onWelcome(frame: WelcomeFrame, sameSession: boolean): void;
  onFrame(frame: ServerFrame): void;
  /** The connection that was open is lost. */
  onLost(): void;
}

const BACKOFF_BASE_MS = 100;
const BACKOFF_MAX_MS = 10_000;
/** A connection that lived that long counts as good: the next back-off starts over. As long as the longest back-off. */
const STABLE_AFTER_MS = BACKOFF_MAX_MS;
/** From the start of a try to WELCOME. Twice the server's own deadline for HELLO. */
const WELCOME_DEADLINE_MS = 10_000;
/** From PING to any frame. A half-open connection is given up after that. */
const PROBE_DEADLINE_MS = 10_000;
/** Nodes that stand still for longer are rare, and second tabs are not (guess). */
const GHOST_MS = 60_000;
/** A browser allows 1000 and 3000-4999 here. */
const CLOSE_NORMAL = 1000;
const CLOSE_GIVEN_UP = 4400;

export class Connection {
  readonly #ports: ClientPorts;
  readonly #log: Logger;
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  /** Back-off, deadline of WELCOME, keep-alive: one at a time, by status. */
  readonly #alarm: Alarm;
  readonly #goawayAlarm: Alarm;
  #status: Status = 'connecting';
  /** The status of which the handlers know. */
  #told: Status | null = null;
  #error: RoomcastError | null = null;
  #wire: Wire | null = null;
  /** HELLO went out on this wire, and WELCOME has not come. */
  #isGreeting = false;
  /** Wires that were lost that way, the last of them then. Their node may stand still, and take them for our newest later (P4). */
  #ghosts = 0;
  #ghostAt = 0;
  #attempt = 0;
  #welcomedAt = 0;
  #heardAt = 0;
  /** When the PING was sent that nothing has answered yet. */
  #probedAt: number | null = null;
  /** Not before that time, as GOAWAY asked. */
  #notBefore = 0;
  #resume: string | null;
  #sid: string | null = null;
  #limits: Limits = DEFAULT_LIMITS;

  constructor(ports: ClientPorts, options: ConnectionOptions, handlers: ConnectionHandlers) {
    this.#ports = ports;
    this.#log = ports.log ?? silentLogger;
    this.#options = options;
    this.#handlers = handlers;
    this.#resume = options.resume;
    this.#alarm = new Alarm(ports.clock);
    this.#goawayAlarm = new Alarm(ports.clock);
  }

  get status(): Status {
    return this.#status;
  }

  /** Why it is closed for good; null while it is not, or when `close` was called. */
  get error(): RoomcastError | null {
    return this.#error;
  }

  get sid(): string | null {
    return this.#sid;
  }

  get resume(): string | null {
    return this.#resume;
  }

  /** Of the newest WELCOME; the defaults before the first. */
  get limits(): Limits {
    return this.#limits;
  }

  /** Opens the first connection. Throws for a malformed URL. */
  start(): void {
    this.#open();
  }

  /** Only while open. */
  send(bytes: Uint8Array): void {
    this.#wire?.send(bytes);
  }

  /** Someone waits for an answer longer than is likely: find out whether the other end is still there. */
  probe(): void {
    if (this.#status !== 'open' || this.#probedAt !== null) return;
    this.#probedAt = this.#ports.clock.now();
    this.send(encodePing(0));
    this.#alarm.set(PROBE_DEADLINE_MS, () => this.#checkAlive());
  }

  close(): void {
    this.#finish(null);
  }

  #open(): void {
    if (this.#status === 'closed') return;
    const url = this.#options.url(this.#sid);
    // A handler of an earlier wire compares itself to the current one, so it must be known before any handler runs.
    const wire: Wire = this.#ports.transport.connect(url, {
      onOpen: () => {
        if (this.#wire !== wire) return;
        this.#isGreeting = this.#resume !== null;
        wire.send(encodeHello(this.#options.token, this.#resume));
      },
      onMessage: (bytes) => {
        if (this.#wire === wire) this.#onMessage(bytes);
      },
      onClose: (code, reason) => {
        if (this.#wire === wire) this.#onClose(code, reason);
      },
    });
    this.#wire = wire;
    this.#alarm.set(WELCOME_DEADLINE_MS, () => this.#giveUp('no WELCOME in time'));
    this.#setStatus('connecting');
  }

  #onMessage(bytes: Uint8Array): void {
    this.#heardAt = this.#ports.clock.now();
    if (this.#probedAt !== null) {
      this.#probedAt = null;
      this.#armKeepAlive();
    }
    let frame: ServerFrame;
    try {
      frame = readServerFrame(bytes);
    } catch (error) {
      this.#log.error({ error }, 'the server sent a frame that can not be read; connecting again');
      this.#giveUp('bad frame');
      return;
    }
    switch (frame.op) {
      case 'welcome':
        this.#onWelcome(frame);
        return;
      case 'goaway':
        this.#onGoaway(frame.reason, frame.afterMs);
        return;
      default:
        if (this.#status === 'open') this.#handlers.onFrame(frame);
    }
  }

  #onWelcome(frame: WelcomeFrame): void {
    if (this.#status === 'open') return; // it came twice
    const sameSession = this.#sid === null || this.#sid === frame.sid;
    this.#isGreeting = false;
    this.#sid = frame.sid;
    this.#resume = frame.resume;
    this.#limits = frame.limits;
    this.#welcomedAt = this.#ports.clock.now();
    this.#armKeepAlive();
    this.#status = 'open';
    this.#handlers.onWelcome(frame, sameSession);
    this.#setStatus('open');
  }

  #onGoaway(reason: string, afterMs: number): void {
    if (this.#goawayAlarm.pending) return;
    this.#log.debug({ reason, afterMs }, 'the node asks to connect again');
    this.#notBefore = this.#ports.clock.now() + afterMs;
    this.#goawayAlarm.set(afterMs, () => {
      this.#attempt = 0;
      this.#dropWire(CLOSE_NORMAL, 'going away');
      this.#open();
    });
  }

  #onClose(code: number, reason: string): void {
    this.#log.debug({ code, reason }, 'the connection closed');
    const error = closeError(code, reason);
    // A close of the node's own is an answer.
    if (code >= CLOSE.goingAway) this.#isGreeting = false;
    const mayBeGhost = this.#ghosts > 0 && this.#ports.clock.now() - this.#ghostAt < GHOST_MS;
    const isByGhost = code === CLOSE.replaced && mayBeGhost;
    if (isByGhost) this.#ghosts--;
    else if (error !== null) {
      this.#finish(error);
      return;
    }
    this.#dropWire(null, '');
    this.#backOff();
  }

  #giveUp(reason: string): void {
    this.#log.debug({ reason }, 'the connection is given up');
    this.#dropWire(CLOSE_GIVEN_UP, reason);
    this.#backOff();
  }

  /** Forgets the socket; `code` null when it is closed already. The caller tells the next status. */
  #dropWire(code: number | null, reason: string): void {
    const wire = this.#wire;
    const wasOpen = this.#status === 'open';
    if (this.#isGreeting) {
      this.#ghosts++;
      this.#ghostAt = this.#ports.clock.now();
    }
    this.#isGreeting = false;
    this.#wire = null;
    this.#probedAt = null;
    this.#alarm.clear();
    this.#goawayAlarm.clear();
    if (wire !== null && code !== null) wire.close(code, reason);
    if (!wasOpen) return;
    if (this.#ports.clock.now() - this.#welcomedAt >= STABLE_AFTER_MS) this.#attempt = 0;
    this.#status = 'waiting';
    this.#handlers.onLost();
  }

  #backOff(): void {
    if (this.#status === 'closed') return;
    const { clock, rng } = this.#ports;
    const askedMs = Math.max(0, this.#notBefore - clock.now());
    const waitMs = askedMs + fullJitterMs(this.#attempt, BACKOFF_BASE_MS, BACKOFF_MAX_MS, rng);
    this.#attempt++;
    this.#alarm.set(waitMs, () => this.#open());
    this.#setStatus('waiting');
  }

  #finish(error: RoomcastError | null): void {
    if (this.#status === 'closed') return;
    this.#error = error;
    this.#dropWire(CLOSE_NORMAL, '');
    this.#setStatus('closed');
  }

  #armKeepAlive(): void {
    const silentMs = this.#ports.clock.now() - this.#heardAt;
    this.#alarm.set(Math.max(1, this.#limits.keepAliveMs - silentMs), () => this.#checkAlive());
  }

  #checkAlive(): void {
    const now = this.#ports.clock.now();
    if (this.#probedAt !== null && now - this.#probedAt >= PROBE_DEADLINE_MS) {
      this.#giveUp('no answer to PING');
      return;
    }
    if (now - this.#heardAt >= this.#limits.keepAliveMs) this.probe();
    else this.#armKeepAlive();
  }

  /** Comes last in what changes it: a listener may close the connection. */
  #setStatus(status: Status): void {
    this.#status = status;
    if (status === this.#told) return;
    this.#told = status;
    this.#handlers.onStatus(status, status === 'closed' ? this.#error : null);
  }
}
