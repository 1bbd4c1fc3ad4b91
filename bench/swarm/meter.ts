import type { Histogram } from './histogram.ts';
import { NUMBER, SENDER, SENT_AT } from './payload.ts';
import type { Tally } from './tally.ts';

/** One delivered event in this many has its latency taken, at a phase of its own at each client. A power of two. */
export const LATENCY_EVERY = 8;

/** What all clients of a worker count into. `nowUs` is refreshed once per chunk that a socket gives. */
export class Meter {
  nowUs = 0;
  /** Events of the chunk at hand; the connection moves them into the tally when it has read it. */
  events = 0;
  /** Called with `nowUs` for each chunk, so that a long round of reading does not hold up what is due to be sent. */
  onChunk: (nowUs: number) => void = () => {};
  windowFromUs = 0;
  windowToUs = 0;
  /** What process.hrtime() says in µs at the run's zero. */
  zeroHrUs = 0;
  readonly tally: Tally;
  readonly #latencies: Histogram;
  /** Over the memory that all sockets of the worker read into, with the same positions. */
  readonly #view: DataView;

  constructor(tally: Tally, latencies: Histogram, bytes: Uint8Array) {
    this.tally = tally;
    this.#latencies = latencies;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  sender(payloadStart: number): number {
    return this.#view.getUint32(payloadStart + SENDER);
  }

  number(payloadStart: number): number {
    return this.#view.getUint32(payloadStart + NUMBER);
  }

  /** Counts the time since the message was scheduled, if that was inside the measured window. */
  latency(payloadStart: number): void {
    this.took(this.#view.getUint32(payloadStart + SENT_AT));
  }

  /** As `latency`, for a stamp that a server has set: process.hrtime() in µs, the lower 32 bits of it. */
  latencyOfHr(stamp: number): void {
    this.took((stamp - this.zeroHrUs) >>> 0);
  }

  took(sentUs: number): void {
    if (sentUs >= this.windowFromUs && sentUs < this.windowToUs) this.#latencies.record(this.nowUs - sentUs);
  }
}
