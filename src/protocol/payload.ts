/**
 * What an application puts into a payload, a meta or a state value: MessagePack of plain data. Nodes never decode it;
 * the SDK and a room's own code do, and there the bytes may come from anyone, so they are checked before the codec
 * sees them. What is encoded is checked too: the sender of a value that nobody could read learns of it at once.
 */
import { Packr, Unpackr } from 'msgpackr';
import { PayloadFault } from './payload-fault.ts';
import { checkPlainBytes } from './plain-bytes.ts';
import { checkPlainValue } from './plain-value.ts';

export { PayloadFault };

const packr = new Packr({ useRecords: false, variableMapSize: true, encodeUndefinedAsNil: true, useToJSON: false });

const unpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  // A binary value must not keep a whole frame alive, nor change with it.
  copyBuffers: true,
  // A number where one is exact, else a bigint. The codec documents 'auto', its types lack it.
  int64AsType: 'auto' as 'number',
});

/**
 * Null, bool, finite number, bigint of 64 bits, string, Uint8Array, and arrays and objects of these, 32 levels deep.
 * `undefined` becomes null. Throws PayloadFault for anything else.
 */
export function encodePayload(value: unknown): Uint8Array {
  checkPlainValue(value);
  // A copy, since the codec answers a piece of its own large buffer (in Node, a Buffer).
  return new Uint8Array(packr.pack(value));
}

/** What `encodePayload` takes; whole numbers are bigints only beyond 2^53. Throws PayloadFault. */
export function decodePayload(bytes: Uint8Array): unknown {
  checkPlainBytes(bytes);
  try {
    // A fresh view, since the codec leaves a property on the object that it is given.
    return unpackr.unpack(bytes.subarray());
  } catch (cause) {
    throw new PayloadFault('the payload can not be decoded', { cause });
  }
}

/** A message of the SDK: what it is called, and anything plain. */
export interface Message {
  readonly type: string;
  readonly data: unknown;
}

/** On the wire `[type, data]`. */
export function encodeMessage(type: string, data: unknown): Uint8Array {
  return encodePayload([type, data]);
}

export function decodeMessage(bytes: Uint8Array): Message {
  const value = decodePayload(bytes);
  if (!Array.isArray(value) || value.length !== 2) throw new PayloadFault('a message is an array of type and data');
  const type: unknown = value[0];
  const data: unknown = value[1];
  if (typeof type !== 'string') throw new PayloadFault('the type of a message is a string');
  return { type, data };
}
