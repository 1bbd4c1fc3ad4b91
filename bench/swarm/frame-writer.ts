/**
 * Client frames of a WebSocket. They must be masked; the key here is 0, so that the masked bytes are the bytes: the
 * server unmasks just the same, and the generator saves the work.
 */
const FIN = 0x80;
const MASKED = 0x80;
const LENGTH_MAX = 0xffff;

export const OPCODE = { text: 1, binary: 2, pong: 10 } as const;

/** A frame around `body`, in memory of its own. */
export function clientFrame(opcode: number, body: Uint8Array): Uint8Array {
  const { length } = body;
  if (length > LENGTH_MAX) throw new Error(`a frame of ${length} bytes; ${LENGTH_MAX} is the most the swarm writes`);
  const wide = length >= 126;
  const frame = new Uint8Array(bodyStart(length) + length);
  frame[0] = FIN | opcode;
  frame[1] = MASKED | (wide ? 126 : length);
  if (wide) {
    frame[2] = length >>> 8;
    frame[3] = length & 0xff;
  }
  frame.set(body, bodyStart(length));
  return frame;
}

/** Where the body begins in the frame of a body of `length` bytes: behind 2 or 4 bytes of header and 4 of key. */
export function bodyStart(length: number): number {
  return length >= 126 ? 8 : 6;
}
