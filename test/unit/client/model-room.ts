/**
 * A small server that plays by PROTOCOL.md for one room, and misbehaves as networks and clusters do: it loses commands
 * on the way in, drops events to slow readers, leaves JOINs unanswered, refuses for now, cuts or deadens sockets, and
 * crashes back to an older snapshot. All of it from one seeded source, on the virtual clock.
 */
import type { Rng } from '../../../src/base/rng.ts';
import type { Transport, WireHandlers } from '../../../src/client/ports.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { encodeError, encodeWelcome, encodeWelcomeTail } from '../../../src/protocol/server-frame.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import { type Heard, readHeard } from './fake-server.ts';
import { ack, type Event, events, joined, position, ROOM, resumed, sync } from './server-says.ts';

const WELCOME_TAIL = encodeWelcomeTail('n', { ...DEFAULT_LIMITS, keepAliveMs: 4_000 });

/** The first byte of a payload says how the room takes it; the rest names it. */
export const FORBIDDEN = 255;
export const SILENT = 254;

interface Applied {
  readonly id: string;
  readonly seq: number;
  /** Null where the command makes no event. */
  readonly event: Event | null;
  /** Every member's cseq after it. */
  readonly cseqs: ReadonlyMap<number, number>;
}

interface Socket {
  readonly handlers: WireHandlers;
  readonly latencyMs: number;
  sid: string;
  /** Closed, or half-open: nothing passes any more. */
  dead: boolean;
  attached: boolean;
  lagging: boolean;
}

export class ModelRoom implements Transport {
  readonly #clock: VirtualClock;
  readonly #rng: Rng;
  readonly #sockets: Socket[] = [];
  readonly #members = new Map<string, number>();
  #cseqs = new Map<number, number>();
  #epoch = 1_000;
  #seq = 0;
  #sids = 0;
  /** 0 when all is well. */
  faults = 1;
  applied: Applied[] = [];
  /** Commands that a crash took back. */
  readonly takenBack = new Set<string>();
  /** What stands at `epoch:seq`, for ever. */
  readonly truth = new Map<string, string>();

  constructor(clock: VirtualClock, rng: Rng) {
    this.#clock = clock;
    this.#rng = rng;
  }

  get position(): { epoch: number; seq: number } {
    return { epoch: this.#epoch, seq: this.#seq };
  }

  connect(_url: string, handlers: WireHandlers) {
    const latencyMs = 1 + Math.floor(this.#rng.next() * 60);
    const socket: Socket = { handlers, latencyMs, sid: '', dead: false, attached: false, lagging: false };
    this.#sockets.push(socket);
    this.#clock.after(latencyMs, () => socket.dead || handlers.onOpen());
    return {
      send: (bytes: Uint8Array): void => {
        this.#clock.after(latencyMs, () => socket.dead || this.#hear(socket, readHeard(bytes)));
      },
      close: (): void => {
        socket.dead = true;
      },
    };
  }

  /** One random fault, or none. */
  disturb(): void {
    const socket = this.#sockets[Math.floor(this.#rng.next() * this.#sockets.length)];
    if (socket === undefined || socket.dead) return;
    const dice = this.#rng.next();
    if (dice < 0.25) this.#cut(socket);
    else if (dice < 0.35) socket.dead = true;
    else if (dice < 0.75) this.#lag(socket);
    else if (dice < 0.85) this.#crash();
  }

  #chance(share: number): boolean {
    return this.#rng.next() < share * this.faults;
  }

  #say(socket: Socket, bytes: Uint8Array): void {
    this.#clock.after(socket.latencyMs, () => socket.dead || socket.handlers.onMessage(bytes));
  }

  #cut(socket: Socket): void {
    socket.dead = true;
    this.#clock.after(socket.latencyMs, () => socket.handlers.onClose(1006, ''));
  }

  /** A slow reader: its events are dropped, and it learns of that when it has drained. */
  #lag(socket: Socket): void {
    socket.lagging = true;
    this.#clock.after(300, () => {
      socket.lagging = false;
      if (socket.attached) this.#say(socket, position(this.#seq, this.#epoch));
    });
  }

  #crash(): void {
    const keep = Math.max(0, this.applied.length - Math.floor(this.#rng.next() * 6));
    for (const { id } of this.applied.splice(keep)) this.takenBack.add(id);
    const last = this.applied.at(-1);
    this.#seq = last?.seq ?? 0;
    this.#cseqs = new Map(last?.cseqs ?? []);
    this.#epoch += 1 + Math.floor(this.#rng.next() * 5);
    for (const [sid, me] of this.#members) if (!this.#cseqs.has(me)) this.#members.delete(sid);
    for (const socket of this.#sockets) {
      if (!socket.attached) continue;
      const me = this.#members.get(socket.sid);
      socket.attached = me !== undefined;
      if (me !== undefined) this.#say(socket, sync('owner', this.#standing(me)));
    }
  }

  #standing(me: number) {
    return { epoch: this.#epoch, seq: this.#seq, me, cseq: this.#cseqs.get(me) ?? 0 };
  }

  #hear(socket: Socket, heard: Heard): void {
    switch (heard.op) {
      case 'hello':
        socket.sid = heard.resume ?? `s${++this.#sids}`;
        for (const other of this.#sockets) if (other !== socket && other.sid === socket.sid) other.dead = true;
        this.#say(socket, encodeWelcome(socket.sid, socket.sid, WELCOME_TAIL));
        return;
      case 'ping':
        this.#say(socket, position(0, 0));
        return;
      case 'join':
        this.#join(socket, heard);
        return;
      case 'send':
        // Lost between the node of the socket and that of the room.
        if (!this.#chance(0.05)) this.#command(socket, heard.cseq, heard.body.subarray(2));
        return;
      default:
        throw new Error(`the model knows no ${heard.op}`);
    }
  }

  #join(socket: Socket, { req, since }: Extract<Heard, { op: 'join' }>): void {
    if (this.#chance(0.1)) return;
    if (this.#chance(0.1)) {
      this.#say(socket, encodeError('unavailable', null, { req, room: ROOM }));
      return;
    }
    let me = this.#members.get(socket.sid);
    if (me === undefined) {
      me = Math.max(0, ...this.#cseqs.keys()) + 1;
      this.#members.set(socket.sid, me);
      this.#cseqs.set(me, 0);
      this.#apply(`joined ${me} in ${this.#epoch}`, { kind: 'joined', member: me });
    }
    socket.attached = true;
    if (since !== null && since[0] === this.#epoch && !this.#chance(0.2)) {
      this.#say(socket, resumed(req, { ...this.#standing(me), seq: since[1] }));
      const missed = this.applied.filter(({ event, seq }) => event !== null && seq > since[1]);
      if (missed.length > 0) this.#say(socket, this.#frame(missed));
    } else this.#say(socket, joined(req, this.#standing(me)));
  }

  #frame(applied: readonly Applied[]): Uint8Array {
    const list = applied.flatMap(({ event }) => (event === null ? [] : [event]));
    return events(applied[0]?.seq ?? 0, list, this.#epoch);
  }

  #command(socket: Socket, cseq: number, payload: Uint8Array): void {
    const me = this.#members.get(socket.sid);
    const refuse = (code: Parameters<typeof encodeError>[0], about = cseq): void =>
      this.#say(socket, encodeError(code, null, { room: ROOM, cseq: about }));
    if (me === undefined || !socket.attached) return refuse('not-joined');
    const expected = (this.#cseqs.get(me) ?? 0) + 1;
    if (cseq < expected) return this.#say(socket, ack(expected - 1));
    if (cseq > expected) return refuse('out-of-order', expected);
    if (this.#chance(0.03)) return refuse(this.#rng.next() < 0.5 ? 'unavailable' : 'rate-limited');
    this.#cseqs.set(me, cseq);
    if (payload[0] === FORBIDDEN) return refuse('forbidden');
    const id = payload.join('.');
    if (payload[0] !== SILENT) return this.#apply(id, { kind: 'message', member: me, cseq, payload });
    this.#apply(id, null);
    this.#say(socket, ack(cseq));
  }

  #apply(id: string, event: Event | null): void {
    if (event !== null) this.truth.set(`${this.#epoch}:${++this.#seq}`, id);
    const applied = { id, seq: this.#seq, event, cseqs: new Map(this.#cseqs) };
    this.applied.push(applied);
    if (event === null) return;
    for (const socket of this.#sockets) {
      if (socket.attached && !socket.lagging) this.#say(socket, this.#frame([applied]));
    }
  }
}
