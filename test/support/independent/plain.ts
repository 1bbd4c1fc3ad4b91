/**
 * The MessagePack types that PROTOCOL section 1 allows, checked on the raw bytes.
 *
 * A decoder alone hides what was on the wire: it turns the float 1.0 and the integer 1 into the same number.
 * So each server frame is walked once before it is decoded. A signed form of a number that is not negative
 * passes ("any width of a value is accepted").
 */
class PlainFault extends Error {}

/** Throws PlainFault unless `bytes` hold exactly one value made of the allowed types. */
export function assertPlain(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end: number;
  try {
    end = skip(view, 0);
  } catch (error) {
    if (error instanceof RangeError) throw new PlainFault('the frame ends inside a value');
    throw error;
  }
  if (end !== bytes.byteLength) throw new PlainFault(`${bytes.byteLength - end} bytes after the value`);
}

function skip(view: DataView, at: number): number {
  const head = view.getUint8(at);
  const body = at + 1;
  if (head <= 0x7f || head === 0xc0 || head === 0xc2 || head === 0xc3) return body;
  if (head <= 0x8f) return skipMap(view, body, head & 0x0f);
  if (head <= 0x9f) return skipArray(view, body, head & 0x0f);
  if (head <= 0xbf) return skipBytes(view, body, head & 0x1f);
  switch (head) {
    case 0xc4:
    case 0xd9:
      return skipBytes(view, body + 1, view.getUint8(body));
    case 0xc5:
    case 0xda:
      return skipBytes(view, body + 2, view.getUint16(body));
    case 0xc6:
    case 0xdb:
      return skipBytes(view, body + 4, view.getUint32(body));
    case 0xcc:
    case 0xcd:
    case 0xce:
      return skipBytes(view, body, 1 << (head - 0xcc));
    case 0xcf:
      if (view.getBigUint64(body) > BigInt(Number.MAX_SAFE_INTEGER)) throw new PlainFault('a number over 2^53-1');
      return body + 8;
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      if (view.getInt8(body) < 0) throw new PlainFault('a negative number');
      return skipBytes(view, body, 1 << (head - 0xd0));
    case 0xdc:
      return skipArray(view, body + 2, view.getUint16(body));
    case 0xdd:
      return skipArray(view, body + 4, view.getUint32(body));
    case 0xde:
      return skipMap(view, body + 2, view.getUint16(body));
    case 0xdf:
      return skipMap(view, body + 4, view.getUint32(body));
    default:
      throw new PlainFault(`the type 0x${head.toString(16)} is not part of the protocol`);
  }
}

function skipBytes(view: DataView, at: number, length: number): number {
  const end = at + length;
  if (end > view.byteLength) throw new PlainFault('the frame ends inside a value');
  return end;
}

function skipArray(view: DataView, at: number, length: number): number {
  let next = at;
  for (let i = 0; i < length; i++) next = skip(view, next);
  return next;
}

function skipMap(view: DataView, at: number, length: number): number {
  let next = at;
  for (let i = 0; i < length; i++) {
    const head = view.getUint8(next);
    const isText = (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
    if (!isText) throw new PlainFault('a map key that is not a str');
    next = skip(view, skip(view, next));
  }
  return next;
}
