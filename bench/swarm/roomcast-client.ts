import { ENTITIES } from '../rooms/tick-job.ts';
import type { Client, ClientPlace } from './client.ts';
import { bodyStart, clientFrame, OPCODE } from './frame-writer.ts';
import { LATENCY_EVERY, type Meter } from './meter.ts';
import { MsgpackCursor } from './msgpack-cursor.ts';
import { writeStamp } from './payload.ts';

/**
 * A client of docs/PROTOCOL.md, as little of it as a load needs: HELLO and JOIN together, then SEND or SET at its schedule.
 * Checks that seq has no hole, repeat or step back within an epoch (P11, P12) and that its own commands come back
 * each once and in order (P15). It heals nothing (P13): what was dropped counts as lost.
 */
export class RoomcastClient implements Client {
  readonly path: string;
  readonly subprotocol = 'roomcast.v1';
  joined = false;
  readonly #place: ClientPlace;
  readonly #room: string;
  readonly #meter: Meter;
  readonly #phase: number;
  readonly #cseqAt: number;
  readonly #payloadAt: number;
  /** How the events begin that count as delivered. */
  readonly #counted: readonly [number, number];
  #frame: Uint8Array;
  #view: DataView;
  #sent = 0;
  #member = 0;
  #ownSeen = 0;
  #epoch = 0;
  #seq = 0;

  constructor(place: ClientPlace, meter: Meter) {
    this.#room = `${place.roomType}:${place.room}`;
    this.path = `/ws?room=${this.#room}`;
    this.#place = place;
    this.#meter = meter;
    this.#phase = place.client;
    const op = place.traffic === 'changes' ? [0x95, CLIENT_OP.set] : [0x94, CLIENT_OP.send];
    const key = place.traffic === 'changes' ? [0x81, ...str(`k${place.client}`)] : [];
    const end = place.traffic === 'changes' ? [0x90] : [];
    const head = [...op, ...str(this.#room), 0xce, 0, 0, 0, 0, ...key, ...binHead(place.payloadBytes)];
    const body = new Uint8Array(head.length + place.payloadBytes + end.length);
    body.set(head);
    body.set(end, head.length + place.payloadBytes);
    this.#payloadAt = bodyStart(body.length) + head.length;
    this.#counted = place.traffic === 'messages' ? MESSAGE : CHANGE;
    this.#frame = clientFrame(OPCODE.binary, body);
    this.#view = new DataView(this.#frame.buffer);
    this.#cseqAt = bodyStart(body.length) + 2 + str(this.#room).length + 1;
  }

  opening(): readonly Uint8Array[] {
    const hello = [0x94, CLIENT_OP.hello, 1, NIL, NIL];
    const join = [0x95, CLIENT_OP.join, 1, ...str(this.#room), NIL, NIL];
    return [Uint8Array.from(hello), Uint8Array.from(join)];
  }

  nextFrame(sentUs: number): Uint8Array {
    const number = ++this.#sent;
    this.#view.setUint32(this.#cseqAt, number);
    writeStamp(this.#view, this.#payloadAt, sentUs, this.#place.client, number);
    return this.#frame;
  }

  keepFrame(): void {
    this.#frame = this.#frame.slice();
    this.#view = new DataView(this.#frame.buffer);
  }

  message(bytes: Uint8Array, start: number, end: number): void {
    cursor.reset(bytes, start);
    cursor.array();
    const op = cursor.uint();
    switch (op) {
      case SERVER_OP.events:
        cursor.skip();
        this.#events(bytes, end);
        return;
      case SERVER_OP.joined:
      case SERVER_OP.sync:
        this.#joined(op);
        return;
      case SERVER_OP.position:
        cursor.skip();
        this.#position();
        return;
      case SERVER_OP.error:
        this.#meter.tally.add('refused');
        throw new Error(`ERROR from the server: ${cursor.str()}`);
      case SERVER_OP.goaway:
      case SERVER_OP.closed:
        throw new Error(`the server ended the run with op ${op}`);
      default: // WELCOME, ACK and PONG bring nothing that a load needs
    }
  }

  #joined(op: number): void {
    if (op === SERVER_OP.joined) cursor.skip();
    cursor.skip();
    this.#epoch = cursor.uint();
    this.#seq = cursor.uint();
    this.#member = cursor.uint();
    this.#ownSeen = cursor.uint();
    this.joined = true;
  }

  #position(): void {
    const epoch = cursor.uint();
    const seq = cursor.uint();
    if (epoch === this.#epoch && seq > this.#seq) this.#meter.tally.add('lost', seq - this.#seq);
    if (epoch === this.#epoch) this.#seq = Math.max(seq, this.#seq);
  }

  #events(bytes: Uint8Array, end: number): void {
    const epoch = cursor.uint();
    const first = cursor.uint();
    const count = cursor.array();
    if (epoch !== this.#epoch || first !== this.#seq + 1) this.#misplaced(epoch, first, count);
    this.#seq = first + count - 1;
    const sampled = first + this.#phase;
    const [head, kind] = this.#counted;
    for (let i = 0; i < count; i++) {
      if (bytes[cursor.pos] === head && bytes[cursor.pos + 1] === kind) {
        cursor.pos += 2;
        this.#delivered(((sampled + i) & (LATENCY_EVERY - 1)) === 0);
      } else cursor.skip();
    }
    if (cursor.pos !== end) throw new Error(`EVENTS of ${count} events ends ${end - cursor.pos} bytes early`);
  }

  #delivered(sampled: boolean): void {
    const member = cursor.uint();
    const cseq = cursor.uint();
    this.#meter.events++;
    if (member === this.#member && cseq !== ++this.#ownSeen) {
      this.#meter.tally.add('disordered');
      this.#ownSeen = cseq;
    }
    switch (this.#place.traffic) {
      case 'messages':
        this.#payload(sampled);
        return;
      case 'changes':
        cursor.map();
        cursor.skip();
        this.#payload(sampled);
        cursor.skip();
        return;
      case 'ticks':
        this.#tick(sampled);
    }
  }

  #payload(sampled: boolean): void {
    const length = cursor.bin();
    if (sampled && this.#isMeasured(cursor.pos)) this.#meter.latency(cursor.pos);
    cursor.pos += length;
  }

  /** The stamp is the first key; see bench/rooms/tick-job.ts. */
  #tick(sampled: boolean): void {
    const keys = cursor.map();
    if (keys !== 1 + ENTITIES) throw new Error(`a tick changes ${1 + ENTITIES} keys, not ${keys}`);
    cursor.skip();
    cursor.bin();
    const stamp = cursor.uint();
    if (sampled) this.#meter.latencyOfHr(stamp);
    for (let rest = 2 * ENTITIES + 1; rest > 0; rest--) cursor.skip();
  }

  #isMeasured(payload: number): boolean {
    const { isMeasured } = this.#place;
    return isMeasured === undefined || isMeasured(this.#meter.sender(payload));
  }

  #misplaced(epoch: number, first: number, count: number): void {
    const { tally } = this.#meter;
    if (epoch !== this.#epoch) tally.add('disordered');
    else if (first > this.#seq + 1) tally.add('lost', first - this.#seq - 1);
    else tally.add('doubled', Math.min(count, this.#seq + 1 - first));
    this.#epoch = epoch;
  }
}

const CLIENT_OP = { hello: 1, join: 2, send: 4, set: 5 } as const;
const SERVER_OP = { joined: 2, events: 4, sync: 5, error: 8, goaway: 9, closed: 11, position: 12 } as const;
/** Array header and kind of the two events that carry what the load is about. */
const MESSAGE = [0x94, 0] as const;
const CHANGE = [0x95, 3] as const;
const NIL = 0xc0;

/** One for all clients of a worker: nothing of a frame outlives the call that reads it. */
const cursor = new MsgpackCursor();

function str(text: string): number[] {
  const bytes = new TextEncoder().encode(text);
  return bytes.length < 32 ? [0xa0 | bytes.length, ...bytes] : [0xd9, bytes.length, ...bytes];
}

function binHead(length: number): number[] {
  return length < 256 ? [0xc4, length] : [0xc5, length >>> 8, length & 0xff];
}
