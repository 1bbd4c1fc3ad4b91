import { assert } from '../base/assert.ts';
import { PUT_BYTES_MAX, putArray, putBinHeader, putMap, putStrHeader, putUint } from './put.ts';

/** A buffer that one large frame made bigger than this is given back at the next `reset`. */
const KEPT_BYTES_MAX = 1_048_576;
const BY_HAND_CHARS_MAX = 128;
const STR_HEADER_BYTES_MAX = 5;
/** From about here on `set` is faster than a loop, although it takes a subarray to say which part (measured, Node 22). */
const SET_FROM_BYTES = 48;

const encoder = new TextEncoder();

/**
 * MessagePack into one growing buffer that is used again for frame after frame. Every value takes its shortest form.
 * Numbers and lengths are the caller's own, so a wrong one is a bug (an assertion), not a fault.
 */
export class Writer {
  bytes: Uint8Array;
  pos = 0;
  readonly #initialBytes: number;

  constructor(initialBytes = 256) {
    this.#initialBytes = initialBytes;
    this.bytes = new Uint8Array(initialBytes);
  }

  reset(): void {
    this.pos = 0;
    if (this.bytes.length > KEPT_BYTES_MAX && this.bytes.length > this.#initialBytes) {
      this.bytes = new Uint8Array(this.#initialBytes);
    }
  }

  /** Makes room for `n` more bytes. */
  reserve(n: number): void {
    if (this.pos + n > this.bytes.length) this.#grow(this.pos + n);
  }

  array(count: number): void {
    this.reserve(PUT_BYTES_MAX);
    this.pos = putArray(this.bytes, this.pos, count);
  }

  map(count: number): void {
    this.reserve(PUT_BYTES_MAX);
    this.pos = putMap(this.bytes, this.pos, count);
  }

  uint(n: number): void {
    assert(Number.isSafeInteger(n) && n >= 0, 'a wire number is an unsigned integer up to 2^53-1');
    this.reserve(PUT_BYTES_MAX);
    this.pos = putUint(this.bytes, this.pos, n);
  }

  /** A lone surrogate becomes U+FFFD, so the result is always valid UTF-8. */
  str(s: string): void {
    if (s.length > BY_HAND_CHARS_MAX || !this.#ascii(s)) this.#utf8(s);
  }

  bin(b: Uint8Array): void {
    this.reserve(PUT_BYTES_MAX);
    this.pos = putBinHeader(this.bytes, this.pos, b.length);
    this.raw(b);
  }

  nil(): void {
    this.reserve(1);
    this.bytes[this.pos++] = 0xc0;
  }

  bool(b: boolean): void {
    this.reserve(1);
    this.bytes[this.pos++] = b ? 0xc3 : 0xc2;
  }

  /** Copies bytes that are encoded already. */
  raw(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const count = end - start;
    assert(count >= 0 && start >= 0 && end <= bytes.length, 'a range inside the bytes');
    this.reserve(count);
    const target = this.bytes;
    let pos = this.pos;
    if (count > SET_FROM_BYTES) target.set(count === bytes.length ? bytes : bytes.subarray(start, end), pos);
    else for (let from = start; from < end; from++) target[pos++] = bytes[from] ?? 0;
    this.pos += count;
  }

  /** An exact copy of what was written. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.pos);
  }

  /** What was written, without a copy: good until the next write or reset. */
  view(): Uint8Array {
    return this.bytes.subarray(0, this.pos);
  }

  /** Writes `s` if it is ASCII; otherwise leaves `pos` where it was and answers false. */
  #ascii(s: string): boolean {
    const length = s.length;
    this.reserve(STR_HEADER_BYTES_MAX + length);
    const target = this.bytes;
    let pos = putStrHeader(target, this.pos, length);
    for (let i = 0; i < length; i++) {
      const code = s.charCodeAt(i);
      if (code >= 0x80) return false;
      target[pos++] = code;
    }
    this.pos = pos;
    return true;
  }

  /** The header's length depends on the text's, so the text is written behind the longest header and then moved up. */
  #utf8(s: string): void {
    this.reserve(STR_HEADER_BYTES_MAX + s.length * 3);
    const text = this.pos + STR_HEADER_BYTES_MAX;
    const { written } = encoder.encodeInto(s, this.bytes.subarray(text));
    const start = putStrHeader(this.bytes, this.pos, written);
    if (start !== text) this.bytes.copyWithin(start, text, text + written);
    this.pos = start + written;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.pos));
    this.bytes = bytes;
  }
}
