/**
 * A room's shared map. One key has three meanings: the patch that clients get, the dirty mark, and the field of the
 * Redis hash. Inside `begin` … `rollback` every write can be undone, so that a refused command changes nothing.
 */
import type { Simple } from '../protocol/simple-value.ts';
import { utf8Length } from '../protocol/utf8.ts';
import { Writer } from '../protocol/writer.ts';

export interface Stored {
  readonly bytes: Uint8Array;
  /** What the bytes decode to, where that is at hand; never given out without a copy. */
  readonly simple: Simple | undefined;
}

// `encode` fills it and takes a copy before it returns, so one is enough for all rooms.
const scratch = new Writer(1024);

export class RoomState {
  readonly #values = new Map<string, Stored>();
  /** Keys that changed since the last commit took them. */
  readonly dirty = new Set<string>();
  #bytes = 0;
  #undo: [key: string, before: Stored | undefined][] | null = null;
  #encoded: Uint8Array | null = null;

  get size(): number {
    return this.#values.size;
  }

  /** Bytes of keys and values, what stateBytesMax limits. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key)?.bytes;
  }

  stored(key: string): Stored | undefined {
    return this.#values.get(key);
  }

  *entries(): Generator<[string, Uint8Array]> {
    for (const [key, { bytes }] of this.#values) yield [key, bytes];
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** Keeps `bytes` and `simple` as they are: the caller hands over copies. */
  set(key: string, bytes: Uint8Array, simple?: Simple): void {
    this.put(key, { bytes, simple });
  }

  put(key: string, value: Stored): void {
    const before = this.#values.get(key);
    this.#undo?.push([key, before]);
    this.#bytes += value.bytes.length - (before === undefined ? -utf8Length(key) : before.bytes.length);
    this.#values.set(key, value);
    this.#changed(key);
  }

  delete(key: string): boolean {
    const before = this.#values.get(key);
    if (before === undefined) return false;
    this.#undo?.push([key, before]);
    this.#bytes -= before.bytes.length + utf8Length(key);
    this.#values.delete(key);
    this.#changed(key);
    return true;
  }

  /** Takes a stored value in; nothing is dirty by it. */
  load(key: string, value: Uint8Array): void {
    this.set(key, value);
    this.dirty.delete(key);
  }

  begin(): void {
    this.#undo = [];
  }

  keep(): void {
    this.#undo = null;
  }

  /** Puts back what was there at `begin`. The keys stay dirty: writing the same value again does no harm. */
  rollback(): void {
    const undo = this.#undo ?? [];
    this.#undo = null;
    for (const [key, before] of undo.reverse()) {
      if (before === undefined) this.delete(key);
      else this.put(key, before);
    }
  }

  /** The encoded map, as JOINED and SYNC carry it. */
  encode(): Uint8Array {
    if (this.#encoded) return this.#encoded;
    scratch.reset();
    scratch.map(this.#values.size);
    for (const [key, { bytes }] of this.#values) {
      scratch.str(key);
      scratch.bin(bytes);
    }
    this.#encoded = scratch.take();
    return this.#encoded;
  }

  #changed(key: string): void {
    this.dirty.add(key);
    this.#encoded = null;
  }
}
