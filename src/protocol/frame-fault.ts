const MESSAGE_CHARS_MAX = 120;

/**
 * Bytes that are not a frame of this protocol (P3). The message names the part and what was wrong with it; it is ASCII
 * and short enough to be the reason of a WebSocket close (123 bytes).
 */
export class FrameFault extends Error {
  override readonly name = 'FrameFault';

  constructor(message: string) {
    super(message.slice(0, MESSAGE_CHARS_MAX));
  }
}

/** Throws unless an array has exactly the number of elements that its layout gives. */
export function expectCount(count: number, expected: number, what: string): void {
  if (count !== expected) throw new FrameFault(`${what}: ${expected} elements expected, ${count} found`);
}
