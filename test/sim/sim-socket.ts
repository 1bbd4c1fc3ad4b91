/**
 * The node's end of a client connection, with the habits of uWebSockets.js that matter: over its limit it drops, tells
 * so by a callback for the first frame of a batch only, and the rest of the batch vanishes without a word.
 */
import type { ClientConnection } from '../../src/gateway/connection.ts';
import type { SendResult, Socket } from '../../src/gateway/socket.ts';
import { copyOf } from './copy-of.ts';
import type { SimLink } from './sim-link.ts';
import type { Topics } from './topics.ts';

const BATCH_MAX = 32;

export class SimSocket implements Socket {
  connection: ClientConnection | null = null;
  readonly #link: SimLink;
  readonly #topics: Topics;
  readonly #limitBytes: number;
  readonly #subscribed = new Set<string>();
  #held: Uint8Array[] = [];
  #isOpen = true;

  constructor(link: SimLink, topics: Topics, limitBytes: number) {
    this.#link = link;
    this.#topics = topics;
    this.#limitBytes = limitBytes;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A published frame, which goes out with its batch. */
  hold(frame: Uint8Array): void {
    if (this.#held.length === BATCH_MAX) this.drain();
    this.#held.push(frame);
  }

  drain(): void {
    const held = this.#held;
    this.#held = [];
    for (const [i, frame] of held.entries()) {
      if (this.#write(frame) !== 'dropped') continue;
      this.#link.vanished += held.length - i - 1;
      return;
    }
  }

  send(frame: Uint8Array): SendResult {
    this.drain();
    return this.#write(copyOf(frame));
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    if (this.bufferedBytes() > this.#limitBytes) this.#link.cutByNode();
    else {
      this.drain();
      this.#link.endByNode(code, reason);
    }
    this.gone();
  }

  subscribe(topic: string): void {
    if (!this.#isOpen || this.#subscribed.has(topic)) return;
    this.#subscribed.add(topic);
    this.#topics.add(topic, this);
  }

  unsubscribe(topic: string): void {
    if (!this.#subscribed.delete(topic)) return;
    this.#topics.remove(topic, this);
    if (this.#subscribed.size > 0) return;
    this.#link.vanished += this.#held.length;
    this.#held = [];
  }

  bufferedBytes(): number {
    return this.#link.bufferedBytes;
  }

  cork(run: () => void): void {
    if (this.#isOpen) run();
  }

  /** The close callback: the socket must not be touched any more. */
  gone(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#held = [];
    for (const topic of this.#subscribed) this.#topics.remove(topic, this);
    this.#subscribed.clear();
    this.guarded((connection) => connection.closed());
  }

  /** Its process is gone: nobody is told. */
  die(): void {
    this.connection = null;
    this.gone();
  }

  /** As the gateway's handlers call a connection: its faults end there. */
  guarded(run: (connection: ClientConnection) => void): void {
    const { connection } = this;
    if (connection === null) return;
    try {
      run(connection);
    } catch (error) {
      connection.fault(error);
    }
  }

  #write(frame: Uint8Array): SendResult {
    if (!this.#isOpen) return 'dropped';
    if (this.bufferedBytes() > this.#limitBytes) {
      this.#link.dropped++;
      this.guarded((connection) => connection.dropped());
      return 'dropped';
    }
    return this.#link.toClient(frame) ? 'sent' : 'buffered';
  }
}
