/**
 * What happened, as one number: two runs of a seed must come to the same (a run that can't be repeated can't be
 * understood). With a printer, every step in words as well.
 */
import type { VirtualClock } from '../support/virtual-clock.ts';

/** Of longer frames the beginning and the end count: what lies between is mostly padding. */
const EDGE_BYTES = 128;

export class Trace {
  readonly #clock: VirtualClock;
  readonly #startedAt: number;
  readonly #print: ((line: string) => void) | null;
  #low = 0x811c9dc5;
  #high = 0x01000193;
  steps = 0;

  constructor(clock: VirtualClock, print: ((line: string) => void) | null) {
    this.#clock = clock;
    this.#startedAt = clock.now();
    this.#print = print;
  }

  get hash(): string {
    return (this.#low >>> 0).toString(16).padStart(8, '0') + (this.#high >>> 0).toString(16).padStart(8, '0');
  }

  /** Milliseconds since the run began. */
  get atMs(): number {
    return this.#clock.now() - this.#startedAt;
  }

  /** One step in words. `text` is only made where somebody reads it. */
  step(who: string, what: string, text: () => string): void {
    this.#mix(who);
    this.#mix(what);
    this.#print?.(`${this.stamp()} ${who.padEnd(12)} ${what} ${text()}`);
  }

  /** One step with the bytes that make it up. */
  bytes(who: string, what: string, bytes: Uint8Array, text: () => string): void {
    this.#low ^= bytes.length;
    const edge = Math.min(bytes.length, EDGE_BYTES);
    this.#mixBytes(bytes, 0, edge);
    this.#mixBytes(bytes, Math.max(edge, bytes.length - EDGE_BYTES), bytes.length);
    this.step(who, what, text);
  }

  /** Something to read that is no step of its own. */
  remark(who: string, text: () => string): void {
    this.#print?.(`${this.stamp()} ${who.padEnd(12)} ${text()}`);
  }

  stamp(): string {
    return `${(this.atMs / 1000).toFixed(4).padStart(9)}`;
  }

  #mixBytes(bytes: Uint8Array, start: number, end: number): void {
    let low = this.#low;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      const word = byte(bytes, i) | (byte(bytes, i + 1) << 8) | (byte(bytes, i + 2) << 16) | (byte(bytes, i + 3) << 24);
      low = Math.imul(low ^ word, 0x01000193);
      low ^= low >>> 15;
    }
    for (; i < end; i++) low = Math.imul(low ^ byte(bytes, i), 0x01000193);
    this.#low = low;
  }

  #mix(text: string): void {
    this.steps++;
    for (let i = 0; i < text.length; i++) this.#low = Math.imul(this.#low ^ text.charCodeAt(i), 0x01000193);
    this.#high = Math.imul(this.#high ^ this.#low ^ Math.floor(this.atMs * 1000), 0x85ebca6b);
    this.#high ^= this.#high >>> 13;
  }
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
