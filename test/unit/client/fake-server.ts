/**
 * The server's end of a client's sockets, in the hands of a test: real bytes both ways, on the virtual clock. It does
 * nothing by itself but `welcome`, so that a test decides what is said, when, how often, or never.
 */
import { must } from '../../../src/base/assert.ts';
import { seededRng } from '../../../src/base/rng.ts';
import { ClientCore, type ClientCoreOptions } from '../../../src/client/client-core.ts';
import type { RoomObserver } from '../../../src/client/observer.ts';
import type { Transport, Wire, WireHandlers } from '../../../src/client/ports.ts';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { DEFAULT_LIMITS, type Limits } from '../../../src/protocol/limits.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import { encodeWelcome, encodeWelcomeTail } from '../../../src/protocol/server-frame.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export type Heard =
  | { op: 'hello'; token: string | null; resume: string | null }
  | { op: 'join'; req: number; room: string; since: [number, number] | null; meta: Uint8Array | null }
  | { op: 'leave'; req: number; room: string }
  | { op: 'send' | 'set'; room: string; cseq: number; body: Uint8Array }
  | { op: 'ping'; t: number };

export function readHeard(bytes: Uint8Array): Heard {
  const f = new ClientFrame();
  readClientFrame(bytes, f);
  switch (f.op) {
    case CLIENT_OP.hello:
      return { op: 'hello', token: f.token, resume: f.resume };
    case CLIENT_OP.join: {
      const meta = f.metaStart === -1 ? null : bytes.slice(f.metaStart, f.metaEnd);
      return {
        op: 'join',
        req: f.req,
        room: f.room(bytes),
        since: f.hasSince ? [f.sinceEpoch, f.sinceSeq] : null,
        meta,
      };
    }
    case CLIENT_OP.leave:
      return { op: 'leave', req: f.req, room: f.room(bytes) };
    case CLIENT_OP.ping:
      return { op: 'ping', t: f.t };
    default: {
      const op = f.op === CLIENT_OP.send ? 'send' : 'set';
      return { op, room: f.room(bytes), cseq: f.cseq, body: bytes.slice(f.bodyStart, f.bodyEnd) };
    }
  }
}

/** One socket, seen from the server. What either end says arrives when the clock runs its next task. */
export class FakeSocket {
  readonly url: string;
  /** How the client closed it. */
  closed: { code: number | undefined; reason: string | undefined } | null = null;
  readonly #clock: VirtualClock;
  readonly #handlers: WireHandlers;
  #heard: Heard[] = [];

  constructor(clock: VirtualClock, url: string, handlers: WireHandlers) {
    this.#clock = clock;
    this.url = url;
    this.#handlers = handlers;
  }

  readonly wire: Wire = {
    send: (bytes) => {
      this.#heard.push(readHeard(bytes));
    },
    close: (code, reason) => {
      this.closed = { code, reason };
    },
  };

  open(): void {
    this.#clock.soon(() => this.#handlers.onOpen());
  }

  say(...frames: Uint8Array[]): void {
    for (const frame of frames) this.#clock.soon(() => this.#handlers.onMessage(frame));
  }

  close(code: number, reason = ''): void {
    this.#clock.soon(() => this.#handlers.onClose(code, reason));
  }

  /** What the client said since the last call. */
  heard(): Heard[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }

  /** The only frame since the last call, which has that op. */
  one<T extends Heard['op']>(op: T): Extract<Heard, { op: T }> {
    const heard = this.heard();
    const [first] = heard;
    if (heard.length !== 1 || first?.op !== op) throw new Error(`expected one ${op}, heard ${JSON.stringify(heard)}`);
    return first as Extract<Heard, { op: T }>;
  }

  /** The cseqs of the commands since the last call; nothing else may have come. */
  cseqs(): number[] {
    return this.heard().map((h) => {
      if (h.op !== 'send' && h.op !== 'set') throw new Error(`expected a command, heard ${JSON.stringify(h)}`);
      return h.cseq;
    });
  }
}

export class FakeServer {
  readonly clock = new VirtualClock();
  readonly sockets: FakeSocket[] = [];
  readonly transport: Transport = {
    connect: (url, handlers) => {
      const socket = new FakeSocket(this.clock, url, handlers);
      this.sockets.push(socket);
      return socket.wire;
    },
  };

  client(options: Partial<ClientCoreOptions> = {}): ClientCore {
    return new ClientCore(
      { clock: this.clock, rng: seededRng(1), transport: this.transport },
      { url: 'ws://test/ws', ...options },
    );
  }

  /** The newest socket. */
  get socket(): FakeSocket {
    return must(this.sockets.at(-1), 'a socket');
  }

  /** The newest socket, opened and welcomed; its HELLO is taken. */
  welcome(sid = 's1', limits: Partial<Limits> = {}): FakeSocket {
    const socket = this.socket;
    socket.open();
    this.clock.settle();
    socket.one('hello');
    const tail = encodeWelcomeTail('n1', { ...DEFAULT_LIMITS, ...limits });
    socket.say(encodeWelcome(sid, `resume-${sid}-${this.sockets.length}`, tail));
    this.clock.settle();
    return socket;
  }

  /** Lets the client find its way to the next socket. */
  nextSocket(): FakeSocket {
    const count = this.sockets.length;
    for (let ms = 0; this.sockets.length === count; ms += 100) {
      if (ms > 60_000) throw new Error('the client did not connect again within 60 s');
      this.clock.advance(100);
    }
    return this.socket;
  }
}

/** What a room's observer was told, as one list. */
export function recorder(): { observer: RoomObserver; events: unknown[][] } {
  const events: unknown[][] = [];
  return {
    events,
    observer: {
      onSnapshot: (kind, { epoch, seq }, me, cseq) => events.push(['snapshot', kind, epoch, seq, me, cseq]),
      onResumed: (epoch, seq, me, cseq) => events.push(['resumed', epoch, seq, me, cseq]),
      onEvents: (epoch, first, list) => events.push(['events', epoch, first, list.length]),
      onDone: (_command, error, cseq) => events.push(['done', cseq, error?.code ?? null]),
      onOver: (error) => events.push(['over', error.code]),
    },
  };
}

/** The end of a promise so far: 'pending', 'done', or the code of its error. */
export function outcome(promise: Promise<unknown>): { readonly now: () => Promise<string> } {
  let state = 'pending';
  promise.then(
    () => {
      state = 'done';
    },
    (error: { code?: string }) => {
      state = error.code ?? String(error);
    },
  );
  return {
    now: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return state;
    },
  };
}
