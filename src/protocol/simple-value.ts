/**
 * Most of what a room's code keeps in its state is simple: null, booleans, numbers, strings, and arrays and objects of
 * these. Copying such a value costs a tenth of encoding and decoding it, and gives the same. The rest of plain data
 * (bytes, bigints, objects of a class) goes through the codec.
 */
import { FORBIDDEN_KEYS, PAYLOAD_DEPTH_MAX } from './plain-value.ts';

export type Simple = null | boolean | number | string | readonly Simple[] | { readonly [key: string]: Simple };

/**
 * A copy that shares nothing with `value` and is what decoding its encoded form answers; undefined where the value is
 * not simple, or not plain at all.
 */
export function simpleCopy(value: unknown, depth = 0): Simple | undefined {
  switch (typeof value) {
    case 'number':
      // Adding 0 makes 0 of -0, as the codec does.
      return Number.isFinite(value) ? value + 0 : undefined;
    case 'string':
      return value.isWellFormed() ? value : undefined;
    case 'boolean':
      return value;
    case 'object':
      if (value === null) return null;
      if (depth >= PAYLOAD_DEPTH_MAX) return undefined;
      return Array.isArray(value) ? arrayCopy(value, depth) : objectCopy(value, depth);
    default:
      return undefined;
  }
}

/** A copy of one that `simpleCopy` answered. */
export function copyAgain(value: Simple): Simple {
  if (typeof value !== 'object' || value === null) return value;
  if (isArray(value)) return value.map(copyAgain);
  const copy: Record<string, Simple> = { ...value };
  for (const key in copy) {
    const item = copy[key] as Simple;
    if (typeof item === 'object' && item !== null) copy[key] = copyAgain(item);
  }
  return copy;
}

function arrayCopy(items: readonly unknown[], depth: number): Simple | undefined {
  const copy: Simple[] = [];
  for (const item of items) {
    const simple = simpleCopy(item, depth + 1);
    if (simple === undefined) return undefined;
    copy.push(simple);
  }
  return copy;
}

function objectCopy(value: object, depth: number): Simple | undefined {
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined;
  // Made at once, it gets the shape of the original, which is several times faster than key by key.
  const copy: Record<string, unknown> = { ...value };
  if (Object.getOwnPropertySymbols(copy).length > 0) return undefined;
  for (const key of Object.keys(copy)) {
    if (FORBIDDEN_KEYS.includes(key) || !key.isWellFormed()) return undefined;
    const item = copy[key];
    const simple = simpleCopy(item, depth + 1);
    if (simple === undefined) return undefined;
    if (!Object.is(simple, item)) copy[key] = simple;
  }
  return copy as Record<string, Simple>;
}

function isArray(value: Simple): value is readonly Simple[] {
  return Array.isArray(value);
}
