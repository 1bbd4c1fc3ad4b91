/**
 * Just enough MessagePack to walk frames without building anything. Trusts the server: it checks no bounds, so that a
 * short frame shows as a wrong count, not as a crash (reads beyond the bytes give 0).
 */
export class MsgpackCursor {
  bytes: Uint8Array = new Uint8Array(0);
  pos = 0;

  reset(bytes: Uint8Array, pos: number): void {
    this.bytes = bytes;
    this.pos = pos;
  }

  #big(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) value = value * 256 + (this.bytes[this.pos++] ?? 0);
    return value;
  }

  uint(): number {
    const head = this.bytes[this.pos++] ?? 0;
    if (head < 0x80) return head;
    if (head < 0xcc || head > 0xcf) throw new Error(`expected a number, got 0x${head.toString(16)}`);
    return this.#big(1 << (head - 0xcc));
  }

  array(): number {
    const head = this.bytes[this.pos++] ?? 0;
    if ((head & 0xf0) === 0x90) return head & 0x0f;
    if (head === 0xdc) return this.#big(2);
    if (head === 0xdd) return this.#big(4);
    throw new Error(`expected an array, got 0x${head.toString(16)}`);
  }

  map(): number {
    const head = this.bytes[this.pos++] ?? 0;
    if ((head & 0xf0) === 0x80) return head & 0x0f;
    if (head === 0xde) return this.#big(2);
    if (head === 0xdf) return this.#big(4);
    throw new Error(`expected a map, got 0x${head.toString(16)}`);
  }

  /** Moves behind the header of a bin and returns the length of its content. */
  bin(): number {
    const head = this.bytes[this.pos++] ?? 0;
    if (head < 0xc4 || head > 0xc6) throw new Error(`expected bin, got 0x${head.toString(16)}`);
    return this.#big(1 << (head - 0xc4));
  }

  str(): string {
    const head = this.bytes[this.pos++] ?? 0;
    if ((head < 0xd9 || head > 0xdb) && (head & 0xe0) !== 0xa0)
      throw new Error(`expected str, got 0x${head.toString(16)}`);
    const length = head >= 0xd9 ? this.#big(1 << (head - 0xd9)) : head & 0x1f;
    this.pos += length;
    return Buffer.from(this.bytes.subarray(this.pos - length, this.pos)).toString('utf8');
  }

  /** One value of any type that the protocol allows. */
  skip(): void {
    const head = this.bytes[this.pos] ?? 0;
    if (head < 0x80 || head === 0xc0 || head === 0xc2 || head === 0xc3) this.pos++;
    else if (head < 0x90 || head === 0xde || head === 0xdf)
      for (let left = 2 * this.map(); left > 0; left--) this.skip();
    else if (head < 0xa0 || head === 0xdc || head === 0xdd) for (let left = this.array(); left > 0; left--) this.skip();
    else if (head < 0xc0) this.pos += 1 + (head & 0x1f);
    else if (head <= 0xc6) this.#pass(this.bin());
    else if (head >= 0xcc && head <= 0xcf) this.uint();
    else if (head >= 0xd9 && head <= 0xdb) {
      this.pos++;
      this.#pass(this.#big(1 << (head - 0xd9)));
    } else throw new Error(`no value of the protocol begins with 0x${head.toString(16)}`);
  }

  #pass(length: number): void {
    this.pos += length;
  }
}
