import type { Simple } from './simple-value.ts';
import type { Writer } from './writer.ts';

const WORD = 0x1_0000_0000;

const float = new Uint8Array(9);
const floatView = new DataView(float.buffer);
float[0] = 0xcb;

const negative = new Uint8Array(5);
const negativeView = new DataView(negative.buffer);

/** What the codec makes of a simple value, without its detours by way of a large buffer of its own. */
export function writeSimple(w: Writer, value: Simple): void {
  if (typeof value === 'number') writeNumber(w, value);
  else if (typeof value === 'string') w.str(value);
  else if (typeof value === 'boolean') w.bool(value);
  else if (value === null) w.nil();
  else if (Array.isArray(value)) {
    w.array(value.length);
    for (const item of value as readonly Simple[]) writeSimple(w, item);
  } else {
    const fields = value as { readonly [key: string]: Simple };
    const keys = Object.keys(fields);
    w.map(keys.length);
    for (const key of keys) {
      w.str(key);
      writeSimple(w, fields[key] as Simple);
    }
  }
}

function writeNumber(w: Writer, n: number): void {
  if (n >= 0 && n < WORD && Number.isInteger(n)) w.uint(n);
  else if (n < 0 && n >= -0x8000_0000 && Number.isInteger(n)) writeNegative(w, n);
  else {
    floatView.setFloat64(1, n);
    w.raw(float);
  }
}

function writeNegative(w: Writer, n: number): void {
  if (n >= -32) {
    negative[0] = n;
    w.raw(negative, 0, 1);
    return;
  }
  const size = n >= -0x80 ? 1 : n >= -0x8000 ? 2 : 4;
  negative[0] = size === 1 ? 0xd0 : size === 2 ? 0xd1 : 0xd2;
  if (size === 1) negativeView.setInt8(1, n);
  else if (size === 2) negativeView.setInt16(1, n);
  else negativeView.setInt32(1, n);
  w.raw(negative, 0, 1 + size);
}
