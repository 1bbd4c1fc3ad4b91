import { NUMBER, PAYLOAD_BYTES_MIN, SENDER, SENT_AT } from './payload.ts';

/**
 * The stamp of payload.ts for protocols that carry text: each of its bytes as two lower-case hexadecimal digits, then
 * zeros up to the size.
 */
export const TEXT_BYTES_MIN = 2 * PAYLOAD_BYTES_MIN;

const DIGITS = 8;
const ZERO = 0x30;
const LETTERS = 0x61 - 10;

export function writeTextStamp(bytes: Uint8Array, at: number, sentUs: number, sender: number, number: number): void {
  writeHex(bytes, at + 2 * SENT_AT, sentUs >>> 0);
  writeHex(bytes, at + 2 * SENDER, sender);
  writeHex(bytes, at + 2 * NUMBER, number);
}

export function textSentUs(bytes: Uint8Array, at: number): number {
  return readHex(bytes, at + 2 * SENT_AT);
}

export function textSender(bytes: Uint8Array, at: number): number {
  return readHex(bytes, at + 2 * SENDER);
}

export function textNumber(bytes: Uint8Array, at: number): number {
  return readHex(bytes, at + 2 * NUMBER);
}

function writeHex(bytes: Uint8Array, at: number, value: number): void {
  for (let i = DIGITS - 1, rest = value; i >= 0; i--, rest >>>= 4) {
    const digit = rest & 0xf;
    bytes[at + i] = digit + (digit < 10 ? ZERO : LETTERS);
  }
}

function readHex(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + DIGITS; i++) {
    const char = bytes[i] as number;
    value = (value << 4) | (char - (char < LETTERS ? ZERO : LETTERS));
  }
  return value >>> 0;
}
