/**
 * A room's shared map. One key has three meanings: the patch that clients get, the dirty mark, and the field of the
 * Redis hash. Inside `begin` … `rollback` every write can be undone, so that a refused command changes nothing.
 */
import { utf8Length } from '../protocol/utf8.ts';
import { Writer } from '../protocol/writer.ts';

export class RoomState {
  readonly #values = new Map<string, Uint8Array>();
  /** Keys that changed since the last commit took them. */
  readonly dirty = new Set<string>();
  #bytes = 0;
  #undo: [key: string, before: Uint8Array | undefined][] | null = null;
  #encoded: Uint8Array | null = null;

  get size(): number {
    return this.#values.size;
  }

  /** Bytes of keys and values, what stateBytesMax limits. */
  get bytes(): number {
    return this.#bytes;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  entries(): IterableIterator<[string, Uint8Array]> {
    return this.#values.entries();
  }

  keys(): IterableIterator<string> {
    return this.#values.keys();
  }

  /** Keeps `value` as it is: the caller hands over a copy. */
  set(key: string, value: Uint8Array): void {
    const before = this.#values.get(key);
    this.#undo?.push([key, before]);
    this.#bytes += value.length - (before === undefined ? -utf8Length(key) : before.length);
    this.#values.set(key, value);
    this.#changed(key);
  }

  delete(key: string): boolean {
    const before = this.#values.get(key);
    if (before === undefined) return false;
    this.#undo?.push([key, before]);
    this.#bytes -= before.length + utf8Length(key);
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
      else this.set(key, before);
    }
  }

  /** The encoded map, as JOINED and SYNC carry it. */
  encode(): Uint8Array {
    if (this.#encoded) return this.#encoded;
    const writer = new Writer(this.#bytes + 5 * this.#values.size + 16);
    writer.map(this.#values.size);
    for (const [key, value] of this.#values) {
      writer.str(key);
      writer.bin(value);
    }
    this.#encoded = writer.take();
    return this.#encoded;
  }

  #changed(key: string): void {
    this.dirty.add(key);
    this.#encoded = null;
  }
}
