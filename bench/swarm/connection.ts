import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { Client } from './client.ts';
import { type FrameSink, readFrames } from './frame-reader.ts';
import { clientFrame, OPCODE } from './frame-writer.ts';
import { upgradeEnd, upgradeRequest } from './handshake.ts';
import type { Meter } from './meter.ts';
import type { ReadArea } from './read-area.ts';

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly localAddress: string;
}

/**
 * One socket of the swarm: upgrade, frames in and out. All sockets of a worker read into the same memory, so nothing
 * is allocated per chunk; only the frame that a chunk breaks off in is kept, and put in front of the next chunk.
 */
export class Connection implements FrameSink {
  readonly client: Client;
  readonly #socket: Socket;
  readonly #area: ReadArea;
  readonly #meter: Meter;
  readonly #onFault: (text: string) => void;
  /** When it was to be opened, where the time to its JOINED counts. */
  readonly #dueUs: number | null;
  #rest: Buffer | null = null;
  #restBytes = 0;
  #open = false;
  #counted = false;
  #over = false;

  constructor(
    client: Client,
    to: Endpoint,
    area: ReadArea,
    meter: Meter,
    onFault: (text: string) => void,
    dueUs: number | null = null,
  ) {
    this.client = client;
    this.#area = area;
    this.#meter = meter;
    this.#onFault = onFault;
    this.#dueUs = dueUs;
    this.#socket = connect({
      ...to,
      noDelay: true,
      onread: { buffer: area.chunk, callback: (bytes) => this.#read(bytes) },
    });
    client.attach?.((frame) => this.#socket.write(frame));
    this.#socket.write(upgradeRequest(`${to.host}:${to.port}`, client.path, client.subprotocol));
    this.#socket.on('error', (error) => this.#fail(error.message));
    this.#socket.on('close', () => this.#fail('the server closed the socket without a close frame'));
  }

  send(sentUs: number): void {
    this.#socket.write(this.client.nextFrame(sentUs));
    if (this.#socket.writableLength > 0) this.client.keepFrame();
  }

  get over(): boolean {
    return this.#over;
  }

  destroy(): void {
    this.#over = true;
    // Without a goodbye: thousands of sockets that wait it out (TIME_WAIT) would take the ports of the next run.
    this.#socket.resetAndDestroy();
  }

  message(bytes: Uint8Array, start: number, end: number): void {
    this.client.message(bytes, start, end);
    if (!this.#counted && this.client.joined) this.#countJoined();
  }

  ping(bytes: Uint8Array, start: number, end: number): void {
    this.#socket.write(clientFrame(OPCODE.pong, bytes.subarray(start, end)));
  }

  closed(code: number): void {
    this.#meter.tally.add('closed');
    throw new Error(`closed by the server with ${code}`);
  }

  #countJoined(): void {
    this.#counted = true;
    this.#meter.tally.add('joined');
    if (this.#dueUs !== null) this.#meter.took(this.#dueUs);
  }

  #fail(text: string): void {
    if (this.#over) return;
    this.#meter.tally.add('broken');
    this.#onFault(text);
    this.destroy();
  }

  /** Always true: a socket that has failed is destroyed, so there is no need to pause it. */
  #read(chunkBytes: number): boolean {
    const meter = this.#meter;
    meter.nowUs = performance.now() * 1000 - this.#area.zeroUs;
    meter.tally.add('reads');
    meter.tally.add('bytes', chunkBytes);
    try {
      this.#take(this.#area.chunkStart + chunkBytes);
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
    meter.tally.add('events', meter.events);
    meter.events = 0;
    meter.onChunk(meter.nowUs);
    return true;
  }

  #take(end: number): void {
    const { bytes } = this.#area;
    let pos = this.#area.chunkStart;
    if (this.#rest !== null && this.#restBytes > 0) {
      pos -= this.#restBytes;
      this.#rest.copy(bytes, pos, 0, this.#restBytes);
      this.#restBytes = 0;
    }
    if (!this.#open) {
      const framesStart = upgradeEnd(bytes, pos, end);
      if (framesStart > 0) this.#opened();
      pos = framesStart === 0 ? pos : framesStart;
    }
    if (this.#open) pos = readFrames(bytes, pos, end, this);
    if (pos < end) this.#keep(bytes, pos, end);
  }

  #opened(): void {
    this.#open = true;
    this.#meter.tally.add('open');
    for (const body of this.client.opening()) this.#socket.write(clientFrame(OPCODE.binary, body));
    if (this.client.joined) this.#countJoined();
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length > this.#area.restBytesMax) throw new Error(`a frame of more than ${this.#area.restBytesMax} bytes`);
    if (this.#rest === null || this.#rest.length < length)
      this.#rest = Buffer.allocUnsafeSlow(Math.max(512, length * 2));
    bytes.copy(this.#rest, 0, start, end);
    this.#restBytes = length;
  }
}
