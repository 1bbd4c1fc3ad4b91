import type { Client, ClientPlace } from './client.ts';
import { bodyStart, clientFrame, OPCODE } from './frame-writer.ts';
import { LATENCY_EVERY, type Meter } from './meter.ts';
import { writeStamp } from './payload.ts';

/** Talks to bench/servers/raw-uws.ts: each WebSocket message is one payload, published to the room as it is. */
export class RawClient implements Client {
  readonly path: string;
  readonly subprotocol = null;
  readonly joined = true;
  readonly #place: ClientPlace;
  readonly #meter: Meter;
  #frame: Uint8Array;
  #view: DataView;
  #sent = 0;
  #seen: number;
  #ownSeen = 0;

  constructor(place: ClientPlace, meter: Meter) {
    this.path = place.room === null ? '/ws' : `/ws?room=bench:${place.room}`;
    this.#place = place;
    this.#meter = meter;
    this.#seen = place.client;
    this.#frame = clientFrame(OPCODE.binary, new Uint8Array(place.payloadBytes));
    this.#view = new DataView(this.#frame.buffer);
  }

  opening(): readonly Uint8Array[] {
    return [];
  }

  message(_bytes: Uint8Array, start: number): void {
    const meter = this.#meter;
    meter.events++;
    if (meter.sender(start) === this.#place.client && meter.number(start) !== ++this.#ownSeen) {
      meter.tally.add('disordered');
      this.#ownSeen = meter.number(start);
    }
    if ((++this.#seen & (LATENCY_EVERY - 1)) === 0) meter.latency(start);
  }

  nextFrame(sentUs: number): Uint8Array {
    writeStamp(this.#view, bodyStart(this.#place.payloadBytes), sentUs, this.#place.client, ++this.#sent);
    return this.#frame;
  }

  keepFrame(): void {
    this.#frame = this.#frame.slice();
    this.#view = new DataView(this.#frame.buffer);
  }
}
