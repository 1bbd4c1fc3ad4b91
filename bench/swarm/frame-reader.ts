/**
 * Server frames of a WebSocket, walked in place: no copy, no object. Fragmented and masked frames are faults, since
 * none of the servers under test sends them.
 */
export interface FrameSink {
  message(bytes: Uint8Array, start: number, end: number): void;
  ping(bytes: Uint8Array, start: number, end: number): void;
  /** `code` as in RFC 6455; 1005 where the frame names none. */
  closed(code: number): void;
}

const FIN = 0x80;
const [TEXT, BINARY, CLOSE, PING, PONG] = [1, 2, 8, 9, 10] as const;

/** Hands each complete frame to `sink` and returns where the first incomplete one begins. */
export function readFrames(bytes: Uint8Array, start: number, end: number, sink: FrameSink): number {
  let pos = start;
  while (end - pos >= 2) {
    const first = bytes[pos] as number;
    let length = bytes[pos + 1] as number;
    let body = pos + 2;
    if (length >= 126) {
      if (length > 127) throw new Error('masked frame from the server');
      const wide = length === 127 ? 8 : 2;
      if (end - body < wide) return pos;
      length = 0;
      for (let i = 0; i < wide; i++) length = length * 256 + (bytes[body++] as number);
    }
    if (end - body < length) return pos;
    pos = body + length;
    if (first === (FIN | BINARY)) sink.message(bytes, body, pos);
    else control(first, bytes, body, pos, sink);
  }
  return pos;
}

function control(first: number, bytes: Uint8Array, start: number, end: number, sink: FrameSink): void {
  switch (first) {
    case FIN | TEXT:
      sink.message(bytes, start, end);
      return;
    case FIN | CLOSE:
      sink.closed(end - start < 2 ? 1005 : (bytes[start] as number) * 256 + (bytes[start + 1] as number));
      return;
    case FIN | PING:
      sink.ping(bytes, start, end);
      return;
    case FIN | PONG:
      return;
    default:
      throw new Error(`frame with first byte 0x${first.toString(16)}`);
  }
}
