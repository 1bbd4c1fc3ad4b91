/**
 * What `protocol/payload.ts` uses of msgpackr, in a twentieth of its size and without generated code (which many a
 * page's Content-Security-Policy forbids): the browser bundle puts it in msgpackr's place. It trusts its input, since
 * payload.ts checks every value and every byte before. A test holds it against msgpackr.
 */
import { decodeUtf8 } from '../protocol/utf8.ts';

const INITIAL_BYTES = 256;
const WORD = 0x1_0000_0000;

const utf8 = new TextEncoder();

export class Packr {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view: DataView = new DataView(this.#bytes.buffer);
  #pos = 0;

  // The options of msgpackr say what this one always does.
  // biome-ignore lint/complexity/noUselessConstructor: it takes the place of one with a parameter
  constructor(_options?: object) {}

  /** Valid until the next call. */
  pack(value: unknown): Uint8Array {
    this.#pos = 0;
    this.#value(value);
    return this.#bytes.subarray(0, this.#pos);
  }

  #value(value: unknown): void {
    if (typeof value === 'string') {
      const text = utf8.encode(value);
      const n = text.length;
      if (n < 32) this.#put(1, 0xa0 | n);
      else this.#sized(0xd9, n);
      this.#raw(text);
    } else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'boolean') this.#put(1, value ? 0xc3 : 0xc2);
    else if (typeof value === 'bigint') {
      this.#put(1, value === BigInt.asIntN(64, value) ? 0xd3 : 0xcf);
      this.#room(8);
      this.#view.setBigUint64(this.#pos, BigInt.asUintN(64, value));
      this.#pos += 8;
    } else if (value === null || value === undefined) this.#put(1, 0xc0);
    else if (value instanceof Uint8Array) {
      this.#sized(0xc4, value.length);
      this.#raw(value);
    } else if (Array.isArray(value)) {
      this.#count(0x90, 0xdc, value.length);
      for (const item of value) this.#value(item);
    } else {
      const entries = Object.entries(value);
      this.#count(0x80, 0xde, entries.length);
      for (const [key, item] of entries) {
        this.#value(key);
        this.#value(item);
      }
    }
  }

  #number(n: number): void {
    if (!Number.isInteger(n) || n >= WORD || n < -0x8000_0000) {
      this.#put(1, 0xcb);
      this.#room(8);
      this.#view.setFloat64(this.#pos, n);
      this.#pos += 8;
    } else if (n >= -32 && n < 128) this.#put(1, n & 0xff);
    else if (n >= 0) this.#sized(0xcc, n);
    else {
      const size = n >= -0x80 ? 0 : n >= -0x8000 ? 1 : 2;
      this.#put(1, 0xd0 + size);
      this.#put(1 << size, n);
    }
  }

  #count(fix: number, tag16: number, n: number): void {
    if (n < 16) this.#put(1, fix | n);
    else {
      const wide = n < 65_536 ? 0 : 1;
      this.#put(1, tag16 + wide);
      this.#put(2 << wide, n);
    }
  }

  /** `tag8` and the tags after it stand for a number of 1, 2 and 4 bytes. */
  #sized(tag8: number, n: number): void {
    const size = n < 256 ? 0 : n < 65_536 ? 1 : 2;
    this.#put(1, tag8 + size);
    this.#put(1 << size, n);
  }

  #put(size: number, n: number): void {
    this.#room(size);
    for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) this.#bytes[this.#pos++] = n >>> shift;
  }

  #raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#pos);
    this.#pos += bytes.length;
  }

  #room(size: number): void {
    const needed = this.#pos + size;
    if (needed <= this.#bytes.length) return;
    const grown = new Uint8Array(needed * 2);
    grown.set(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

export class Unpackr {
  #bytes = new Uint8Array(0);
  #view: DataView = new DataView(this.#bytes.buffer);
  #pos = 0;

  // biome-ignore lint/complexity/noUselessConstructor: it takes the place of one with a parameter
  constructor(_options?: object) {}

  unpack(bytes: Uint8Array): unknown {
    this.#bytes = bytes as Uint8Array<ArrayBuffer>;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#pos = 0;
    return this.#value();
  }

  #value(): unknown {
    const tag = this.#uint(1);
    if (tag < 0x80) return tag;
    if (tag < 0x90) return this.#map(tag & 0x0f);
    if (tag < 0xa0) return this.#array(tag & 0x0f);
    if (tag < 0xc0) return this.#str(tag & 0x1f);
    if (tag >= 0xe0) return tag - 0x100;
    if (tag < 0xc4) return tag === 0xc0 ? null : tag === 0xc3;
    if (tag < 0xc7) return this.#bin(this.#uint(1 << (tag - 0xc4)));
    if (tag < 0xcc) return tag === 0xca ? this.#view.getFloat32(this.#take(4)) : this.#view.getFloat64(this.#take(8));
    if (tag < 0xcf) return this.#uint(1 << (tag - 0xcc));
    if (tag === 0xcf) return short(this.#view.getBigUint64(this.#take(8)));
    if (tag === 0xd3) return short(this.#view.getBigInt64(this.#take(8)));
    if (tag < 0xd3) return this.#int(1 << (tag - 0xd0));
    if (tag < 0xdc) return this.#str(this.#uint(1 << (tag - 0xd9)));
    const count = this.#uint(tag % 2 === 0 ? 2 : 4);
    return tag < 0xde ? this.#array(count) : this.#map(count);
  }

  #array(count: number): unknown[] {
    const array: unknown[] = [];
    for (let left = count; left > 0; left--) array.push(this.#value());
    return array;
  }

  #map(count: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    for (let left = count; left > 0; left--) {
      const key = this.#value() as string;
      map[key] = this.#value();
    }
    return map;
  }

  #str(length: number): string {
    const start = this.#take(length);
    return decodeUtf8(this.#bytes, start, this.#pos);
  }

  #bin(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.slice(start, this.#pos);
  }

  #uint(size: number): number {
    let n = 0;
    for (let left = size; left > 0; left--) n = n * 256 + (this.#bytes[this.#pos++] ?? 0);
    return n;
  }

  #int(size: number): number {
    const bits = 32 - size * 8;
    return (this.#uint(size) << bits) >> bits;
  }

  #take(size: number): number {
    this.#pos += size;
    return this.#pos - size;
  }
}

/** A number where one is exact. */
function short(n: bigint): number | bigint {
  const number = Number(n);
  return Number.isSafeInteger(number) ? number : n;
}
