/**
 * A node's native fan-out, as uWebSockets.js does it: what is published waits in each subscriber until the end of the
 * turn, until 32 frames wait, or until something is sent to that socket directly, which goes behind it. Large frames
 * are sent at once. A socket that leaves its last topic loses what waits.
 */
import type { Publisher } from '../../src/room/ports.ts';
import { copyOf } from './copy-of.ts';
import type { ProcessClock } from './process-clock.ts';
import type { SimSocket } from './sim-socket.ts';

const LARGE_BYTES = 16 * 1024;

export class Topics implements Publisher {
  readonly #process: ProcessClock;
  readonly #onPublish: (topic: string, frame: Uint8Array) => void;
  readonly #topics = new Map<string, Set<SimSocket>>();
  #dirty = new Set<SimSocket>();
  #scheduled = false;

  constructor(process: ProcessClock, onPublish: (topic: string, frame: Uint8Array) => void) {
    this.#process = process;
    this.#onPublish = onPublish;
  }

  publish(topic: string, frame: Uint8Array): void {
    const copy = copyOf(frame);
    this.#onPublish(topic, copy);
    for (const socket of this.#topics.get(topic) ?? []) {
      if (copy.length >= LARGE_BYTES) {
        socket.send(copy);
        continue;
      }
      socket.hold(copy);
      this.#dirty.add(socket);
      if (this.#scheduled) continue;
      this.#scheduled = true;
      this.#process.soon(() => this.#drain());
    }
  }

  add(topic: string, socket: SimSocket): void {
    const sockets = this.#topics.get(topic);
    if (sockets) sockets.add(socket);
    else this.#topics.set(topic, new Set([socket]));
  }

  remove(topic: string, socket: SimSocket): void {
    const sockets = this.#topics.get(topic);
    sockets?.delete(socket);
    if (sockets?.size === 0) this.#topics.delete(topic);
  }

  #drain(): void {
    this.#scheduled = false;
    const dirty = this.#dirty;
    this.#dirty = new Set();
    for (const socket of dirty) socket.drain();
  }
}
