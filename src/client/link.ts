import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Rng } from '../base/rng.ts';
import type { Limits } from '../protocol/limits.ts';
import type { Pacer } from './pacer.ts';

/** What a room sees of its client: the connection of the moment, and what all rooms share. */
export interface Link {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly log: Logger;
  readonly pacer: Pacer;
  /** After WELCOME, and until the connection is lost. */
  readonly open: boolean;
  readonly limits: Limits;
  /** A `req` that this client has not used before. */
  nextReq(): number;
  send(bytes: Uint8Array): void;
  /** An answer is late: check that the other end is still there. */
  probe(): void;
}
