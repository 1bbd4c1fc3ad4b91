/**
 * `buffered`: the reader is behind, but nothing is lost. `dropped`: the buffer is full and this frame is gone; the
 * connection's `dropped` is called besides, as for a published frame, so that it counts each.
 */
export type SendResult = 'sent' | 'buffered' | 'dropped';

/** One WebSocket, as the gateway's protocol logic sees it. uWebSockets.js implements it; tests and the simulator too. */
export interface Socket {
  send(frame: Uint8Array): SendResult;
  /** Says the code where the buffer has room for that, and ends the socket in any case. */
  close(code: number, reason: string): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Bytes that wait for the reader. */
  bufferedBytes(): number;
  /** Runs `run` at once; what it sends leaves in one write. Not needed inside a callback of the socket. */
  cork(run: () => void): void;
}
