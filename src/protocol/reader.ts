import { FrameFault } from './frame-fault.ts';
import { decodeUtf8, isUtf8 } from './utf8.ts';

const SKIP_DEPTH_MAX = 8;
const WORD = 0x1_0000_0000;
/** Shared: SDKs make a reader for each frame, and an empty array of its own would cost as much as reading a short one. */
const NOTHING = new Uint8Array(0);

/**
 * MessagePack by position: the caller says which value must come next, and any other is a FrameFault that names it.
 *
 * Trusts nothing: every length and count is checked against the bytes that are there before anything is made of it, so
 * no input costs more memory than it has bytes. `skipStr`, `skipBin` and the headers allocate nothing at all.
 * `what` is a literal for the fault's message, never built by the caller.
 */
export class Reader {
  bytes: Uint8Array = NOTHING;
  pos = 0;
  end = 0;
  /** Content of the value that `skipStr` or `skipBin` passed last, without its header. */
  bodyStart = 0;
  bodyEnd = 0;

  reset(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.bytes = bytes;
    this.pos = start;
    this.end = end;
    this.bodyStart = start;
    this.bodyEnd = start;
  }

  array(what: string): number {
    const tag = this.#tag(what);
    let count: number;
    if (tag >= 0x90 && tag <= 0x9f) count = tag & 0x0f;
    else if (tag === 0xdc) count = this.#number(2, what);
    else if (tag === 0xdd) count = this.#number(4, what);
    else throw wrongType(what, 'array', tag);
    if (count > this.end - this.pos) throw tooShort(what);
    return count;
  }

  map(what: string): number {
    const tag = this.#tag(what);
    let count: number;
    if (tag >= 0x80 && tag <= 0x8f) count = tag & 0x0f;
    else if (tag === 0xde) count = this.#number(2, what);
    else if (tag === 0xdf) count = this.#number(4, what);
    else throw wrongType(what, 'map', tag);
    if (count * 2 > this.end - this.pos) throw tooShort(what);
    return count;
  }

  /** Also takes the signed forms of a number >= 0: some libraries write a 64-bit integer only so. */
  uint(what: string): number {
    const tag = this.#tag(what);
    if (tag < 0x80) return tag;
    switch (tag) {
      case 0xcc:
        return this.#number(1, what);
      case 0xcd:
        return this.#number(2, what);
      case 0xce:
        return this.#number(4, what);
      case 0xcf:
        return this.#long(what);
      case 0xd0:
        return notNegative(this.#number(1, what), 0x80, what);
      case 0xd1:
        return notNegative(this.#number(2, what), 0x8000, what);
      case 0xd2:
        return notNegative(this.#number(4, what), 0x8000_0000, what);
      case 0xd3:
        return this.#long(what);
      default:
        if (tag >= 0xe0) throw new FrameFault(`${what}: a negative number`);
        throw wrongType(what, 'uint', tag);
    }
  }

  str(what: string): string {
    this.skipStr(what);
    return decodeUtf8(this.bytes, this.bodyStart, this.bodyEnd);
  }

  /** A view of the frame's own bytes: it lives as long as they do. */
  bin(what: string): Uint8Array {
    this.skipBin(what);
    return this.bytes.subarray(this.bodyStart, this.bodyEnd);
  }

  /** Consumes a nil if one is next; anything else, the end included, stays for the next read. */
  nil(): boolean {
    if (this.pos >= this.end || this.bytes[this.pos] !== 0xc0) return false;
    this.pos++;
    return true;
  }

  bool(what: string): boolean {
    const tag = this.#tag(what);
    if (tag === 0xc2) return false;
    if (tag === 0xc3) return true;
    throw wrongType(what, 'bool', tag);
  }

  skipStr(what: string): void {
    const tag = this.#tag(what);
    let count: number;
    if (tag >= 0xa0 && tag <= 0xbf) count = tag & 0x1f;
    else if (tag === 0xd9) count = this.#number(1, what);
    else if (tag === 0xda) count = this.#number(2, what);
    else if (tag === 0xdb) count = this.#number(4, what);
    else throw wrongType(what, 'str', tag);
    this.#body(count, what);
    if (!isUtf8(this.bytes, this.bodyStart, this.bodyEnd)) throw new FrameFault(`${what}: not UTF-8`);
  }

  skipBin(what: string): void {
    const tag = this.#tag(what);
    let count: number;
    if (tag === 0xc4) count = this.#number(1, what);
    else if (tag === 0xc5) count = this.#number(2, what);
    else if (tag === 0xc6) count = this.#number(4, what);
    else throw wrongType(what, 'bin', tag);
    this.#body(count, what);
  }

  /** Passes one value of any type that the protocol allows. */
  skip(what: string): void {
    this.#skip(what, 0);
  }

  /** The frame must end here. */
  done(what: string): void {
    if (this.pos !== this.end) throw new FrameFault(`${what}: ${this.end - this.pos} bytes after its end`);
  }

  #skip(what: string, depth: number): void {
    if (depth > SKIP_DEPTH_MAX) throw new FrameFault(`${what}: nested too deep`);
    if (this.pos >= this.end) throw tooShort(what);
    const tag = this.bytes[this.pos] ?? 0;
    if (tag === 0xc0) this.pos++;
    else if (tag === 0xc2 || tag === 0xc3) this.pos++;
    else if (tag >= 0xc4 && tag <= 0xc6) this.skipBin(what);
    else if ((tag >= 0xa0 && tag <= 0xbf) || (tag >= 0xd9 && tag <= 0xdb)) this.skipStr(what);
    else if ((tag >= 0x90 && tag <= 0x9f) || tag === 0xdc || tag === 0xdd) {
      for (let left = this.array(what); left > 0; left--) this.#skip(what, depth + 1);
    } else if ((tag >= 0x80 && tag <= 0x8f) || tag === 0xde || tag === 0xdf) {
      for (let left = this.map(what); left > 0; left--) {
        this.skipStr(what);
        this.#skip(what, depth + 1);
      }
    } else this.uint(what);
  }

  #tag(what: string): number {
    if (this.pos >= this.end) throw tooShort(what);
    return this.bytes[this.pos++] ?? 0;
  }

  #body(count: number, what: string): void {
    if (count > this.end - this.pos) throw tooShort(what);
    this.bodyStart = this.pos;
    this.pos += count;
    this.bodyEnd = this.pos;
  }

  /** A big-endian number of 1, 2 or 4 bytes. */
  #number(size: number, what: string): number {
    const { bytes, pos } = this;
    if (size > this.end - pos) throw tooShort(what);
    this.pos = pos + size;
    if (size === 1) return bytes[pos] ?? 0;
    const high = ((bytes[pos] ?? 0) << 8) | (bytes[pos + 1] ?? 0);
    if (size === 2) return high;
    return ((high << 16) | ((bytes[pos + 2] ?? 0) << 8) | (bytes[pos + 3] ?? 0)) >>> 0;
  }

  /** 64 bits, signed or not: beyond 2^53-1 both are refused, and a negative one is beyond it as well. */
  #long(what: string): number {
    const high = this.#number(4, what);
    const low = this.#number(4, what);
    if (high >= 0x20_0000) throw new FrameFault(`${what}: a number beyond 2^53-1`);
    return high * WORD + low;
  }
}

function notNegative(n: number, signBit: number, what: string): number {
  if (n >= signBit) throw new FrameFault(`${what}: a negative number`);
  return n;
}

function tooShort(what: string): FrameFault {
  return new FrameFault(`${what}: ends too early`);
}

function wrongType(what: string, expected: string, tag: number): FrameFault {
  return new FrameFault(`${what}: ${expected} expected, 0x${tag.toString(16).padStart(2, '0')} found`);
}
