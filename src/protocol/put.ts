/** MessagePack headers and numbers, each in its shortest form. Every `put` answers the position after what it wrote. */

/** The longest header or number: a tag and 64 bits. */
export const PUT_BYTES_MAX = 9;

export function putUint(target: Uint8Array, pos: number, n: number): number {
  if (n < 0x80) {
    target[pos] = n;
    return pos + 1;
  }
  if (n < 0x100) return put8(target, pos, 0xcc, n);
  if (n < 0x1_0000) return put16(target, pos, 0xcd, n);
  if (n < 0x1_0000_0000) return put32(target, pos, 0xce, n);
  const low = put32(target, pos, 0xcf, Math.floor(n / 0x1_0000_0000));
  bigEndian32(target, low, n);
  return low + 4;
}

export function putArray(target: Uint8Array, pos: number, count: number): number {
  if (count < 16) {
    target[pos] = 0x90 | count;
    return pos + 1;
  }
  return count < 0x1_0000 ? put16(target, pos, 0xdc, count) : put32(target, pos, 0xdd, count);
}

export function putMap(target: Uint8Array, pos: number, count: number): number {
  if (count < 16) {
    target[pos] = 0x80 | count;
    return pos + 1;
  }
  return count < 0x1_0000 ? put16(target, pos, 0xde, count) : put32(target, pos, 0xdf, count);
}

export function putStrHeader(target: Uint8Array, pos: number, bytes: number): number {
  if (bytes < 32) {
    target[pos] = 0xa0 | bytes;
    return pos + 1;
  }
  if (bytes < 0x100) return put8(target, pos, 0xd9, bytes);
  return bytes < 0x1_0000 ? put16(target, pos, 0xda, bytes) : put32(target, pos, 0xdb, bytes);
}

export function putBinHeader(target: Uint8Array, pos: number, bytes: number): number {
  if (bytes < 0x100) return put8(target, pos, 0xc4, bytes);
  return bytes < 0x1_0000 ? put16(target, pos, 0xc5, bytes) : put32(target, pos, 0xc6, bytes);
}

export function uintSize(n: number): number {
  if (n < 0x80) return 1;
  if (n < 0x100) return 2;
  if (n < 0x1_0000) return 3;
  return n < 0x1_0000_0000 ? 5 : 9;
}

export function arraySize(count: number): number {
  if (count < 16) return 1;
  return count < 0x1_0000 ? 3 : 5;
}

function put8(target: Uint8Array, pos: number, tag: number, n: number): number {
  target[pos] = tag;
  target[pos + 1] = n;
  return pos + 2;
}

function put16(target: Uint8Array, pos: number, tag: number, n: number): number {
  target[pos] = tag;
  target[pos + 1] = n >>> 8;
  target[pos + 2] = n;
  return pos + 3;
}

function put32(target: Uint8Array, pos: number, tag: number, n: number): number {
  target[pos] = tag;
  bigEndian32(target, pos + 1, n);
  return pos + 5;
}

/** Bit operators take a number modulo 2^32, so this writes the low word of a larger one. */
function bigEndian32(target: Uint8Array, pos: number, n: number): void {
  target[pos] = n >>> 24;
  target[pos + 1] = n >>> 16;
  target[pos + 2] = n >>> 8;
  target[pos + 3] = n;
}
