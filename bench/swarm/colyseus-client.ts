import type { Client, ClientPlace } from './client.ts';
import { COLYSEUS, JOIN_ANSWER, unexpected } from './colyseus-protocol.ts';
import { bodyStart, clientFrame, OPCODE } from './frame-writer.ts';
import { LATENCY_EVERY, type Meter } from './meter.ts';
import { writeStamp } from './payload.ts';

/**
 * Talks to bench/peers/colyseus.mjs over a seat that was reserved before (colyseus-seats.ts). Each message is bytes of the
 * type `m`, which the room broadcasts.
 */
export class ColyseusClient implements Client {
  readonly path: string;
  readonly subprotocol = null;
  joined = false;
  readonly #place: ClientPlace;
  readonly #meter: Meter;
  #write: (frame: Uint8Array) => void = () => {};
  #frame: Uint8Array;
  #view: DataView;
  #sent = 0;
  #seen: number;
  #ownSeen = 0;

  constructor(path: string, place: ClientPlace, meter: Meter) {
    this.path = path;
    this.#place = place;
    this.#meter = meter;
    this.#seen = place.client;
    this.#frame = clientFrame(OPCODE.binary, Uint8Array.of(...HEAD, ...new Uint8Array(place.payloadBytes)));
    this.#view = new DataView(this.#frame.buffer);
  }

  attach(write: (frame: Uint8Array) => void): void {
    this.#write = write;
  }

  /** The server speaks first. */
  opening(): readonly Uint8Array[] {
    return [];
  }

  message(bytes: Uint8Array, start: number, end: number): void {
    switch (bytes[start]) {
      case COLYSEUS.roomDataBytes:
        this.#delivered(start, end);
        return;
      case COLYSEUS.joinRoom:
        this.#write(JOIN_ANSWER);
        this.joined = true;
        return;
      default:
        throw unexpected(bytes, start, end);
    }
  }

  nextFrame(sentUs: number): Uint8Array {
    const payloadAt = bodyStart(HEAD.length + this.#place.payloadBytes) + HEAD.length;
    writeStamp(this.#view, payloadAt, sentUs, this.#place.client, ++this.#sent);
    return this.#frame;
  }

  keepFrame(): void {
    this.#frame = this.#frame.slice();
    this.#view = new DataView(this.#frame.buffer);
  }

  #delivered(start: number, end: number): void {
    const payload = start + HEAD.length;
    if (end - payload !== this.#place.payloadBytes)
      throw new Error(`a payload of ${end - payload} bytes, not ${this.#place.payloadBytes}`);
    const meter = this.#meter;
    meter.events++;
    if (meter.sender(payload) === this.#place.client) {
      const number = meter.number(payload);
      if (number !== ++this.#ownSeen) meter.tally.add('disordered');
      this.#ownSeen = number;
    }
    if ((++this.#seen & (LATENCY_EVERY - 1)) === 0) meter.latency(payload);
  }
}

/** In front of the payload, both ways: the message, then its type `m` as a MessagePack string. */
const HEAD = [COLYSEUS.roomDataBytes, 0xa1, 0x6d];
