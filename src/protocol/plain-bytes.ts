import { PayloadFault } from './payload-fault.ts';
import { FORBIDDEN_KEYS, PAYLOAD_DEPTH_MAX } from './plain-value.ts';
import { isUtf8 } from './utf8.ts';

const FORBIDDEN = FORBIDDEN_KEYS.map((key) => new TextEncoder().encode(key));

/**
 * Throws PayloadFault unless the bytes are one whole plain value. The codec itself would also make dates, regular
 * expressions and records of generated code from what anyone may send, recurse without limit, and take invalid text.
 */
export function checkPlainBytes(bytes: Uint8Array): void {
  new PlainBytes(bytes).run();
}

/** Walks the bytes of one value without making anything of them. */
class PlainBytes {
  readonly #bytes: Uint8Array;
  #pos = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  run(): void {
    this.#value(0);
    if (this.#pos !== this.#bytes.length) throw new PayloadFault('bytes after the end of the payload');
  }

  #value(depth: number): void {
    const tag = this.#number(1);
    if (tag < 0x80 || tag >= 0xe0) return;
    if (tag < 0x90) this.#map(tag & 0x0f, depth);
    else if (tag < 0xa0) this.#array(tag & 0x0f, depth);
    else if (tag < 0xc0) this.#str(tag & 0x1f);
    else this.#wide(tag, depth);
  }

  /** The types whose length or value stands in bytes of its own. */
  #wide(tag: number, depth: number): void {
    switch (tag) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return;
      case 0xc4:
      case 0xc5:
      case 0xc6:
        this.#pass(this.#number(1 << (tag - 0xc4)));
        return;
      case 0xca:
      case 0xcb:
        this.#float(tag === 0xca ? 4 : 8);
        return;
      case 0xcc:
      case 0xcd:
      case 0xce:
      case 0xcf:
        this.#pass(1 << (tag - 0xcc));
        return;
      case 0xd0:
      case 0xd1:
      case 0xd2:
      case 0xd3:
        this.#pass(1 << (tag - 0xd0));
        return;
      case 0xd9:
      case 0xda:
      case 0xdb:
        this.#str(this.#number(1 << (tag - 0xd9)));
        return;
      case 0xdc:
      case 0xdd:
        this.#array(this.#number(tag === 0xdc ? 2 : 4), depth);
        return;
      case 0xde:
      case 0xdf:
        this.#map(this.#number(tag === 0xde ? 2 : 4), depth);
        return;
      default:
        throw new PayloadFault('an extension type, such as a date: only plain data is allowed');
    }
  }

  // A count that lies is found out by the first value that is not there, and nothing is made before.
  #array(count: number, depth: number): void {
    this.#open(depth);
    for (let left = count; left > 0; left--) this.#value(depth + 1);
  }

  #map(count: number, depth: number): void {
    this.#open(depth);
    for (let left = count; left > 0; left--) {
      this.#key();
      this.#value(depth + 1);
    }
  }

  #open(depth: number): void {
    if (depth >= PAYLOAD_DEPTH_MAX) throw new PayloadFault(`nested deeper than ${PAYLOAD_DEPTH_MAX}`);
  }

  #key(): void {
    const tag = this.#number(1);
    let length: number;
    if (tag >= 0xa0 && tag < 0xc0) length = tag & 0x1f;
    else if (tag >= 0xd9 && tag <= 0xdb) length = this.#number(1 << (tag - 0xd9));
    else throw new PayloadFault('a key that is not a string');
    const start = this.#pos;
    this.#str(length);
    if (FORBIDDEN.some((key) => this.#isAt(start, length, key))) {
      throw new PayloadFault('a key that is __proto__, constructor or prototype');
    }
  }

  #isAt(start: number, length: number, key: Uint8Array): boolean {
    return length === key.length && key.every((byte, i) => byte === this.#bytes[start + i]);
  }

  #str(length: number): void {
    const start = this.#pos;
    this.#pass(length);
    if (!isUtf8(this.#bytes, start, this.#pos)) throw new PayloadFault('a string that is not UTF-8');
  }

  /** NaN and the infinities have all bits of the exponent set. */
  #float(size: number): void {
    const start = this.#pos;
    this.#pass(size);
    const high = ((this.#bytes[start] ?? 0) << 8) | (this.#bytes[start + 1] ?? 0);
    const exponent = size === 4 ? 0x7f80 : 0x7ff0;
    if ((high & exponent) === exponent) throw new PayloadFault('a number that is not finite');
  }

  #number(size: number): number {
    let n = 0;
    const start = this.#pos;
    this.#pass(size);
    for (let i = 0; i < size; i++) n = n * 256 + (this.#bytes[start + i] ?? 0);
    return n;
  }

  #pass(size: number): void {
    this.#mustHold(size);
    this.#pos += size;
  }

  #mustHold(size: number): void {
    if (size > this.#bytes.length - this.#pos) throw new PayloadFault('the payload ends too early');
  }
}
