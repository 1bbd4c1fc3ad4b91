import { ENTITIES } from '../rooms/tick-job.ts';
import type { Client } from './client.ts';
import { COLYSEUS, JOIN_ANSWER, unexpected } from './colyseus-protocol.ts';
import { LATENCY_EVERY, type Meter } from './meter.ts';

/**
 * A member of a ticking room of bench/peers/colyseus.mjs: says nothing, walks each patch of the state as the decoder of
 * @colyseus/schema 5 would, and takes it for an event if it has the stamp and all numbers of all entities.
 */
export class ColyseusTickClient implements Client {
  readonly path: string;
  readonly subprotocol = null;
  joined = false;
  readonly #meter: Meter;
  #write: (frame: Uint8Array) => void = () => {};
  #seen = 0;
  #stamp: number | null = null;

  constructor(path: string, meter: Meter) {
    this.path = path;
    this.#meter = meter;
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
      case COLYSEUS.roomStatePatch:
        this.#patch(bytes, start + 1, end);
        return;
      case COLYSEUS.joinRoom:
        this.#write(JOIN_ANSWER);
        this.joined = true;
        return;
      case COLYSEUS.roomState:
        return;
      default:
        throw unexpected(bytes, start, end);
    }
  }

  nextFrame(): Uint8Array {
    throw new Error('members of a ticking room only read');
  }

  keepFrame(): void {}

  /** The root's stamp, then each entity as: another structure, its number, three operations. */
  #patch(bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] !== STAMP_OPERATION) throw new Error(`a patch begins with 0x${bytes[start]?.toString(16)}`);
    const stamp = uint32(bytes, start + 1);
    let pos = start + 5;
    let entities = 0;
    for (; pos < end && bytes[pos] === OTHER_STRUCTURE; entities++) {
      pos += 1 + numberBytes(bytes[pos + 1] as number);
      for (let left = NUMBERS; left > 0; left--, pos += 3) {
        const operation = bytes[pos] as number;
        if ((operation & 0x3f) >= NUMBERS) throw new Error(`operation 0x${operation.toString(16)} on an entity`);
      }
    }
    if (entities !== ENTITIES || pos !== end)
      throw new Error(`a patch of ${entities} entities, ${end - pos} bytes left`);
    this.#delivered(stamp);
  }

  #delivered(stamp: number): void {
    const meter = this.#meter;
    meter.events++;
    if (this.#stamp !== null && (stamp - this.#stamp) >> 0 < 0) meter.tally.add('disordered');
    this.#stamp = stamp;
    if ((++this.#seen & (LATENCY_EVERY - 1)) === 0) meter.latencyOfHr(stamp);
  }
}

/** Of the first field of the root. */
const STAMP_OPERATION = 0x80;
const OTHER_STRUCTURE = 0xff;
/** `x`, `y` and `heading`, 16 bits each. */
const NUMBERS = 3;

/** Numbers of structures are as in MessagePack, but little-endian. */
function numberBytes(head: number): number {
  return head < 0x80 ? 1 : 1 + (1 << (head - 0xcc));
}

function uint32(bytes: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}
