/** One connection as a player needs it. The real one is below; unit tests bring a double. */
import { encode } from '@msgpack/msgpack';
import WebSocket from 'ws';
import type { ClientFrame } from './client-frames.ts';
import type { ServerFrame } from './frames.ts';
import { readFrame } from './read-frame.ts';

export interface LinkEvents {
  opened(): void;
  frame(frame: ServerFrame): void;
  /** A server frame that is not in PROTOCOL section 4. */
  fault(text: string): void;
  /** Once, also where it never opened (code 1006). `status` = HTTP answer to a refused upgrade, else 0. */
  closed(code: number, reason: string, status: number): void;
}

export interface Link {
  write(frame: ClientFrame): void;
  /** As a lost network: nothing more comes out of it, no close frame. */
  cut(): void;
  /** Stops and starts reading. */
  pause(): void;
  resume(): void;
}

export type OpenLink = (url: string, events: LinkEvents) => Link;

export const openSocket: OpenLink = (url, events) => {
  const socket = new WebSocket(url, ['roomcast.v1'], { perMessageDeflate: false, handshakeTimeout: 10_000 });
  let status = 0;
  socket.on('unexpected-response', (_request, response) => {
    status = response.statusCode ?? 0;
    response.destroy();
    socket.terminate();
  });
  socket.on('open', () => events.opened());
  // A close follows each error and says all that matters here.
  socket.on('error', () => {});
  socket.on('close', (code, reason) => events.closed(code, reason.toString(), status));
  socket.on('message', (data, isBinary) => {
    if (!isBinary) return events.fault('a text message');
    let frame: ServerFrame;
    try {
      frame = readFrame(data as Buffer);
    } catch (error) {
      return events.fault(String(error));
    }
    events.frame(frame);
  });
  return {
    write: (frame) => socket.send(encode(frame), { binary: true }, () => {}),
    cut: () => socket.terminate(),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
  };
};
