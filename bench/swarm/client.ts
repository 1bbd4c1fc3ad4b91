import type { Traffic } from './plan.ts';

/** One client of the swarm, as a protocol: what it says and how it understands the server. Knows no socket. */
export interface Client {
  readonly path: string;
  readonly subprotocol: string | null;
  readonly joined: boolean;
  /** For protocols in which the client answers: called once, with what writes a complete frame at once. */
  attach?(write: (frame: Uint8Array) => void): void;
  /** Bodies to send as soon as the socket is upgraded. */
  opening(): readonly Uint8Array[];
  /** One message of the server, in memory that is gone after the call. */
  message(bytes: Uint8Array, start: number, end: number): void;
  /** The complete WebSocket frame of the next message, in memory that the next call uses again. */
  nextFrame(sentUs: number): Uint8Array;
  /** The last frame is still being written: its memory must be left alone. */
  keepFrame(): void;
}

export interface ClientPlace {
  /** The client's number among all clients of the run. */
  readonly client: number;
  /** The room's number, or null for a client that only holds its socket open. */
  readonly room: number | null;
  readonly payloadBytes: number;
  readonly roomType: string;
  readonly traffic: Traffic;
  /** Whether messages of that sender have their latency taken. Default: all. */
  readonly isMeasured?: (sender: number) => boolean;
}
