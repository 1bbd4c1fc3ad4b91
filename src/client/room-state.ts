import { decodePayload, encodePayload } from '../protocol/payload.ts';
import type { Emitter } from './emitter.ts';
import type { RoomCore } from './room-core.ts';

const CHANGE = 'change';

/**
 * The room's shared map. What it answers is what all members have agreed on: an own change shows when it is done, not
 * before. Values are anything MessagePack can say; do not change what `get` answers, it is shared.
 */
export class RoomState {
  readonly #core: RoomCore;
  readonly #emitter: Emitter;
  /** Values decoded so far. Bytes that are replaced take their value with them. */
  readonly #decoded = new WeakMap<Uint8Array, unknown>();

  constructor(core: RoomCore, emitter: Emitter) {
    this.#core = core;
    this.#emitter = emitter;
  }

  get size(): number {
    return this.#core.state.size;
  }

  has(key: string): boolean {
    return this.#core.state.has(key);
  }

  /** Undefined where there is none. Throws PayloadFault where another program wrote bytes that are not MessagePack. */
  get(key: string): unknown {
    const bytes = this.#core.state.get(key);
    if (bytes === undefined) return undefined;
    if (!this.#decoded.has(bytes)) this.#decoded.set(bytes, decodePayload(bytes));
    return this.#decoded.get(bytes);
  }

  keys(): IterableIterator<string> {
    return this.#core.state.keys();
  }

  *entries(): IterableIterator<[key: string, value: unknown]> {
    for (const key of this.#core.state.keys()) yield [key, this.get(key)];
  }

  [Symbol.iterator](): IterableIterator<[key: string, value: unknown]> {
    return this.entries();
  }

  /** Resolves when the change is done; see `Room.send` for how it fails. */
  set(key: string, value: unknown): Promise<void> {
    return this.update({ [key]: value });
  }

  /** Resolves when the key is gone; also when there was none. */
  delete(key: string): Promise<void> {
    return this.update({}, [key]);
  }

  /** Several keys in one step: nobody sees only a part of it. First `set`, then `del`. */
  update(set: Readonly<Record<string, unknown>>, del: readonly string[] = []): Promise<void> {
    const encoded = new Map<string, Uint8Array>();
    for (const [key, value] of Object.entries(set)) encoded.set(key, encodePayload(value));
    return this.#core.setRaw(encoded, del);
  }

  /** Called with each key whose value changed, was added or has gone. Answers a call that removes the handler. */
  on(event: typeof CHANGE, handler: (key: string) => void): () => void {
    return this.#emitter.on(event, handler);
  }

  off(event: typeof CHANGE, handler: (key: string) => void): void {
    this.#emitter.off(event, handler);
  }
}
