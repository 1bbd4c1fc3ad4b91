import { PayloadFault } from './payload-fault.ts';

/** Levels of arrays and objects inside each other. */
export const PAYLOAD_DEPTH_MAX = 32;

/** Keys that reach a prototype in code which copies objects carelessly. */
export const FORBIDDEN_KEYS: readonly string[] = ['__proto__', 'constructor', 'prototype'];

/**
 * Throws PayloadFault unless every receiver can read the value. The codec alone would turn functions to nil, sets to
 * arrays and typed arrays to wrong bytes, without a word. Objects of a class pass, as their own fields.
 */
export function checkPlainValue(value: unknown, depth = 0): void {
  switch (typeof value) {
    case 'undefined':
    case 'boolean':
      return;
    case 'string':
      if (!value.isWellFormed()) throw new PayloadFault('a string with half of a surrogate pair');
      return;
    case 'number':
      if (!Number.isFinite(value)) throw new PayloadFault('a number that is not finite');
      return;
    case 'bigint':
      if (value !== BigInt.asIntN(64, value) && value !== BigInt.asUintN(64, value)) {
        throw new PayloadFault('a bigint beyond 64 bits');
      }
      return;
    case 'object':
      if (value !== null) checkObject(value, depth);
      return;
    default:
      throw new PayloadFault(`a ${typeof value}: only plain data is allowed`);
  }
}

function checkObject(value: object, depth: number): void {
  if (value instanceof Uint8Array) return;
  // A cycle ends here as well.
  if (depth >= PAYLOAD_DEPTH_MAX) throw new PayloadFault(`nested deeper than ${PAYLOAD_DEPTH_MAX}`);
  if (Array.isArray(value)) {
    for (const item of value) checkPlainValue(item, depth + 1);
    return;
  }
  const tag = Object.prototype.toString.call(value);
  if (tag !== '[object Object]') throw new PayloadFault(`${tag}: only plain data is allowed`);
  for (const [key, item] of Object.entries(value)) {
    if (FORBIDDEN_KEYS.includes(key)) throw new PayloadFault(`the key ${key} is not allowed`);
    if (!key.isWellFormed()) throw new PayloadFault('a key with half of a surrogate pair');
    checkPlainValue(item, depth + 1);
  }
}
