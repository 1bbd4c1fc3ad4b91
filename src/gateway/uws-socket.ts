import type { WebSocket } from 'uWebSockets.js';
import type { ClientConnection } from './connection.ts';
import type { SendResult, Socket } from './socket.ts';

/** What uWebSockets.js keeps beside each socket; empty between upgrade and open. */
export interface SocketData {
  socket: UwsSocket | null;
  connection: ClientConnection | null;
}

/** RFC 6455: a close frame holds at most 125 bytes, two of them the code. */
const REASON_BYTES_MAX = 123;
const RESULTS: readonly SendResult[] = ['buffered', 'sent', 'dropped'];
const encoder = new TextEncoder();

export class UwsSocket implements Socket {
  readonly #backpressureBytesMax: number;
  #ws: WebSocket<SocketData> | null;

  constructor(ws: WebSocket<SocketData>, backpressureBytesMax: number) {
    this.#ws = ws;
    this.#backpressureBytesMax = backpressureBytesMax;
  }

  send(frame: Uint8Array): SendResult {
    if (this.#ws === null) return 'dropped';
    return RESULTS[this.#ws.send(frame, true)] ?? 'dropped';
  }

  close(code: number, reason: string): void {
    const ws = this.#ws;
    if (ws === null) return;
    // Over the limit uWS drops the close frame as well, and then waits for a reader that does not read: cut it.
    if (ws.getBufferedAmount() > this.#backpressureBytesMax) ws.close();
    else ws.end(code, shortReason(reason));
  }

  subscribe(topic: string): void {
    this.#ws?.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#ws?.unsubscribe(topic);
  }

  bufferedBytes(): number {
    return this.#ws?.getBufferedAmount() ?? 0;
  }

  cork(run: () => void): void {
    // Nothing may be thrown across the native call.
    const thrown: unknown[] = [];
    this.#ws?.cork(() => {
      try {
        run();
      } catch (error) {
        thrown.push(error);
      }
    });
    if (thrown.length > 0) throw thrown[0];
  }

  /** From the close callback: uWS throws when a closed socket is touched. */
  gone(): void {
    this.#ws = null;
  }
}

function shortReason(reason: string): Uint8Array {
  const target = new Uint8Array(REASON_BYTES_MAX);
  // Stops before a character that does not fit.
  return target.subarray(0, encoder.encodeInto(reason, target).written);
}
