import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';

/** What the SDK's core needs of the world. A browser and Node bring the real ones, tests and the simulator their own. */
export interface ClientPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly transport: Transport;
  readonly log?: Logger;
}

export interface Transport {
  /** Opens a socket. Throws only for what no later try can mend (a malformed URL). Calls no handler before it returns. */
  connect(url: string, handlers: WireHandlers): Wire;
}

export interface WireHandlers {
  onOpen(): void;
  /** The bytes belong to the receiver, who may keep views of them. */
  onMessage(bytes: Uint8Array): void;
  /** The last call. Also after `close`, and in place of `onOpen` when the socket could not be opened. */
  onClose(code: number, reason: string): void;
}

/** Neither call runs a handler before it returns. */
export interface Wire {
  send(bytes: Uint8Array): void;
  close(code?: number, reason?: string): void;
}
