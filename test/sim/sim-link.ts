/**
 * One connection between a client and a node: latency both ways, a reader that may stop reading, and ends that learn of
 * its end at different times. Bytes for the client wait in the kernel first and then in the node's own buffer.
 */
import type { WireHandlers } from '../../src/client/ports.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { copyOf } from './copy-of.ts';
import type { Dice } from './dice.ts';
import { Line } from './line.ts';
import { describeClientBytes, describeServerBytes } from './packet-text.ts';
import type { ProcessClock } from './process-clock.ts';
import type { SimSocket } from './sim-socket.ts';
import type { Trace } from './trace.ts';

export interface LinkOptions {
  readonly latencyMinMs: number;
  readonly latencyMaxMs: number;
  /** Bytes on their way to the client that cost the node no buffer. */
  readonly kernelBytes: number;
}

/** Bytes that the node must copy if it keeps them are overwritten with this. */
const SCRUB = 0xc1;

export class SimLink {
  socket: SimSocket | null = null;
  /** Frames that the node lost for want of buffer: announced ones, and those behind them. */
  dropped = 0;
  vanished = 0;
  readonly name: string;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #options: LinkOptions;
  readonly #handlers: WireHandlers;
  readonly #node: ProcessClock;
  readonly #isClientAlive: () => boolean;
  readonly #up: Line;
  readonly #down: Line;
  #kernel = 0;
  #buffer: Uint8Array[] = [];
  #bufferBytes = 0;
  #isReading = true;
  #unread: Uint8Array[] = [];
  #closing: { code: number; reason: string } | null = null;
  #clientOpen = true;
  /** The path is dead: nothing arrives, in either direction. */
  #isDead = false;

  constructor(
    name: string,
    clock: VirtualClock,
    dice: Dice,
    trace: Trace,
    options: LinkOptions,
    handlers: WireHandlers,
    node: ProcessClock,
    isClientAlive: () => boolean,
  ) {
    this.name = name;
    this.#clock = clock;
    this.#dice = dice;
    this.#trace = trace;
    this.#options = options;
    this.#handlers = handlers;
    this.#node = node;
    this.#isClientAlive = isClientAlive;
    this.#up = new Line(clock);
    this.#down = new Line(clock);
  }

  get bufferedBytes(): number {
    return this.#bufferBytes;
  }

  get isOpen(): boolean {
    return this.#clientOpen || this.socket?.isOpen === true;
  }

  // The client's end.

  /** The node's kernel answers that nobody listens, or its process takes the connection as soon as it can. */
  dial(accept: () => void): void {
    this.#up.send(this.latencyMs(), () => {
      if (this.#isDead) return;
      if (this.#node.isAlive) this.#node.arrive(accept);
      else this.cutByNode();
    });
  }

  toNode(bytes: Uint8Array): void {
    if (!this.#clientOpen) return;
    const copy = copyOf(bytes);
    this.#atNode(() => {
      if (this.socket?.isOpen !== true) return;
      this.#trace.bytes(this.name, '>', copy, () => describeClientBytes(copy));
      this.socket.guarded((connection) => connection.receive(copy, true));
      copy.fill(SCRUB);
    });
  }

  closeByClient(): void {
    if (!this.#clientOpen) return;
    this.#atNode(() => this.socket?.gone());
    this.#clock.after(2 * this.latencyMs(), () => this.#tellClosed(1000, ''));
  }

  // The node's end.

  /** The connection is accepted; the client learns of it. */
  opened(): void {
    this.#down.send(this.latencyMs(), () => {
      if (this.#clientOpen && !this.#isDead && this.#isClientAlive()) this.#handlers.onOpen();
    });
  }

  /** False: it waits in the node's buffer. */
  toClient(frame: Uint8Array): boolean {
    if (this.#buffer.length === 0 && this.#fits(frame)) {
      this.#transmit(frame);
      return true;
    }
    this.#buffer.push(frame);
    this.#bufferBytes += frame.length;
    return false;
  }

  /** A close frame behind all that waits. */
  endByNode(code: number, reason: string): void {
    this.#trace.step(this.name, 'node-ends', () => `${code} ${reason}`);
    this.#closing = { code, reason };
    if (this.#buffer.length === 0) this.#transmitClose();
  }

  cutByNode(): void {
    this.#trace.step(this.name, 'node-cuts', () => '');
    this.#down.cut();
    this.#clientLoses();
  }

  // The world between them.

  /** The reader stops. */
  stall(): void {
    this.#isReading = false;
  }

  /** It takes at most `frames` and goes on, or with null everything. */
  read(frames: number | null): void {
    if (frames === null) this.#isReading = true;
    const taken = this.#unread.splice(0, frames ?? this.#unread.length);
    for (const frame of taken) this.#read(frame);
  }

  /** The path breaks, and each end notices after its own time. */
  cut(clientAfterMs: number, nodeAfterMs: number): void {
    this.#isDead = true;
    this.#clock.after(clientAfterMs, () => this.#clientLoses());
    this.#clock.after(nodeAfterMs, () => this.#node.arrive(() => this.socket?.gone()));
  }

  /** The node's process is gone; its kernel says so, or the last frames still come before that. */
  nodeDied(): void {
    this.socket?.die();
    if (this.#dice.chance(0.5)) this.#down.cut();
    this.#down.send(this.latencyMs(), () => this.#clientLoses());
  }

  latencyMs(): number {
    return this.#dice.between(this.#options.latencyMinMs, this.#options.latencyMaxMs);
  }

  /** Runs `task` at the node, behind what the client said before. */
  #atNode(task: () => void): void {
    this.#up.send(this.latencyMs(), () => {
      if (!this.#isDead) this.#node.arrive(task);
    });
  }

  #clientLoses(): void {
    this.#tellClosed(1006, '');
  }

  #tellClosed(code: number, reason: string): void {
    if (!this.#clientOpen) return;
    this.#clientOpen = false;
    this.#unread = [];
    this.#trace.step(this.name, 'client-closed', () => String(code));
    if (this.#isClientAlive()) this.#handlers.onClose(code, reason);
  }

  #fits(frame: Uint8Array): boolean {
    return this.#kernel === 0 || this.#kernel + frame.length <= this.#options.kernelBytes;
  }

  #transmit(frame: Uint8Array): void {
    this.#kernel += frame.length;
    this.#down.send(this.latencyMs(), () => {
      if (this.#isDead) return;
      if (this.#isReading && this.#unread.length === 0) this.#read(frame);
      else this.#unread.push(frame);
    });
  }

  #transmitClose(): void {
    const { code, reason } = this.#closing ?? { code: 1006, reason: '' };
    this.#down.send(this.latencyMs(), () => {
      if (this.#isDead) return;
      // A reader that stalls does not see the close either; it is let off here, since nothing hangs on it.
      for (const frame of this.#unread.splice(0)) this.#deliver(frame);
      this.#tellClosed(code, reason);
    });
  }

  #read(frame: Uint8Array): void {
    this.#kernel -= frame.length;
    this.#node.arrive(() => this.#pump());
    this.#deliver(frame);
  }

  #deliver(frame: Uint8Array): void {
    if (!this.#clientOpen || !this.#isClientAlive()) return;
    this.#trace.bytes(this.name, '<', frame, () => describeServerBytes(frame));
    this.#handlers.onMessage(frame);
  }

  /** The reader made room: the node's buffer moves on, and the node is told. */
  #pump(): void {
    let moved = false;
    for (let next = this.#buffer[0]; next !== undefined && this.#fits(next); next = this.#buffer[0]) {
      this.#buffer.shift();
      this.#bufferBytes -= next.length;
      this.#transmit(next);
      moved = true;
    }
    if (this.#closing !== null) {
      if (moved && this.#buffer.length === 0) this.#transmitClose();
    } else if (moved && this.socket?.isOpen === true) {
      this.socket.guarded((connection) => connection.drained());
    }
  }
}
