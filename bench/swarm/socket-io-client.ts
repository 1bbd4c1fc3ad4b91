import { assert } from '../../src/base/assert.ts';
import type { Client, ClientPlace } from './client.ts';
import { bodyStart, clientFrame, OPCODE } from './frame-writer.ts';
import { LATENCY_EVERY, type Meter } from './meter.ts';
import { TEXT_BYTES_MIN, textNumber, textSender, textSentUs, writeTextStamp } from './text-stamp.ts';

/**
 * Talks to bench/peers/socket-io.mjs: Engine.IO 4 over WebSocket, and Socket.IO's default parser on the main namespace.
 * Each message is the event `m` with one string. That is the cheapest form that Socket.IO has: bytes take two frames.
 */
export class SocketIoClient implements Client {
  readonly path: string;
  readonly subprotocol = null;
  joined = false;
  readonly #place: ClientPlace;
  readonly #meter: Meter;
  readonly #payloadAt: number;
  #write: (frame: Uint8Array) => void = () => {};
  #frame: Uint8Array;
  #sent = 0;
  #seen: number;
  #ownSeen = 0;

  constructor(place: ClientPlace, meter: Meter) {
    assert(place.payloadBytes >= TEXT_BYTES_MIN, `a payload of at least ${TEXT_BYTES_MIN} bytes`);
    const room = place.room === null ? '' : `&room=bench:${place.room}`;
    this.path = `/socket.io/?EIO=4&transport=websocket${room}`;
    this.#place = place;
    this.#meter = meter;
    this.#seen = place.client;
    this.#frame = textFrame(`${EVENT_HEAD}${'0'.repeat(place.payloadBytes)}${EVENT_TAIL}`);
    this.#payloadAt = bodyStart(EVENT_BYTES + place.payloadBytes) + EVENT_HEAD.length;
  }

  attach(write: (frame: Uint8Array) => void): void {
    this.#write = write;
  }

  /** The server speaks first. */
  opening(): readonly Uint8Array[] {
    return [];
  }

  message(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] === ENGINE.message && bytes[start + 1] === PACKET.event) {
      this.#delivered(bytes, start, end);
      return;
    }
    switch (bytes[start]) {
      case ENGINE.open:
        this.#write(CONNECT);
        return;
      case ENGINE.ping:
        this.#write(PONG);
        return;
      case ENGINE.message:
        if (bytes[start + 1] !== PACKET.connect) break;
        this.joined = true;
        return;
    }
    throw new Error(`packet of Socket.IO: ${Buffer.from(bytes.subarray(start, Math.min(end, start + 80)))}`);
  }

  nextFrame(sentUs: number): Uint8Array {
    writeTextStamp(this.#frame, this.#payloadAt, sentUs, this.#place.client, ++this.#sent);
    return this.#frame;
  }

  keepFrame(): void {
    this.#frame = this.#frame.slice();
  }

  #delivered(bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== EVENT_BYTES + this.#place.payloadBytes)
      throw new Error(`an event of ${end - start} bytes, not ${EVENT_BYTES + this.#place.payloadBytes}`);
    const meter = this.#meter;
    const payload = start + EVENT_HEAD.length;
    meter.events++;
    if (textSender(bytes, payload) === this.#place.client) {
      const number = textNumber(bytes, payload);
      if (number !== ++this.#ownSeen) meter.tally.add('disordered');
      this.#ownSeen = number;
    }
    if ((++this.#seen & (LATENCY_EVERY - 1)) === 0) meter.took(textSentUs(bytes, payload));
  }
}

const EVENT_HEAD = '42["m","';
const EVENT_TAIL = '"]';
const EVENT_BYTES = EVENT_HEAD.length + EVENT_TAIL.length;
/** Packet types, as the characters that begin a packet. */
const ENGINE = { open: 0x30, ping: 0x32, message: 0x34 } as const;
const PACKET = { connect: 0x30, event: 0x32 } as const;
const CONNECT = textFrame('40');
const PONG = textFrame('3');

function textFrame(text: string): Uint8Array {
  return clientFrame(OPCODE.text, new TextEncoder().encode(text));
}
