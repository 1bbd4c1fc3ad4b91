import { connect, type Socket } from 'node:net';
import type { Endpoint } from './connection.ts';
import { type FrameSink, readFrames } from './frame-reader.ts';
import { clientFrame, OPCODE } from './frame-writer.ts';
import { upgradeEnd, upgradeRequest } from './handshake.ts';
import { type Outcome, SlowClient } from './slow-client.ts';

/**
 * A reader that stops: its socket is paused, so that bytes pile up in the kernel first, then at the server. When it reads
 * on it takes one chunk per turn of its event loop, and comes back when the server has closed it.
 */
export class SlowSocket implements FrameSink {
  readonly #client: SlowClient;
  readonly #to: Endpoint;
  readonly #path: string;
  readonly #nowUs: () => number;
  #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #open = false;
  #stopped = false;
  #code: number | null = null;

  constructor(to: Endpoint, room: string, nowUs: () => number) {
    this.#to = to;
    this.#path = `/ws?room=${room}`;
    this.#nowUs = nowUs;
    this.#client = new SlowClient(room, (body) => this.#socket.write(clientFrame(OPCODE.binary, body)));
    this.#socket = this.#connect();
  }

  get joined(): boolean {
    return this.#client.joined;
  }

  get outcome(): Outcome | null {
    return this.#client.outcome;
  }

  fill(bytes: number): void {
    this.#client.fill(bytes);
  }

  stop(): void {
    this.#stopped = true;
    this.#socket.pause();
  }

  readOn(): void {
    this.#stopped = false;
    this.#client.readsOn(performance.now(), this.#nowUs());
    this.#socket.resume();
  }

  /** A new connection: the kernel has given the old one ever more memory for what it read at once. */
  renew(): void {
    this.#client.closed(null);
    this.#socket.destroy();
  }

  message(bytes: Uint8Array, start: number, end: number): void {
    this.#client.message(bytes.subarray(start, end), performance.now());
  }

  ping(bytes: Uint8Array, start: number, end: number): void {
    this.#socket.write(clientFrame(OPCODE.pong, bytes.subarray(start, end)));
  }

  closed(code: number): void {
    this.#code = code;
  }

  #connect(): Socket {
    const socket = connect({ ...this.#to, noDelay: true });
    this.#open = false;
    this.#code = null;
    this.#rest = Buffer.alloc(0);
    socket.write(upgradeRequest(`${this.#to.host}:${this.#to.port}`, this.#path, 'roomcast.v1'));
    socket.on('data', (chunk) => this.#read(chunk));
    // The close that follows says all that matters.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#client.closed(this.#code);
      this.#socket = this.#connect();
    });
    return socket;
  }

  #read(chunk: Buffer): void {
    const socket = this.#socket;
    socket.pause();
    setImmediate(() => {
      if (!this.#stopped && !socket.destroyed) socket.resume();
    });
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let pos = 0;
    if (!this.#open) {
      pos = upgradeEnd(bytes, 0, bytes.length);
      if (pos > 0) {
        this.#open = true;
        this.#client.opened();
      }
    }
    if (this.#open) pos = readFrames(bytes, pos, bytes.length, this);
    this.#rest = bytes.subarray(pos);
  }
}
