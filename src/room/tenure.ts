/**
 * How long an owner may act for its room. That of a `strict` room: while its node's lease has held without a gap since the
 * room was claimed. Nobody takes the room over before that lease is over, so at no moment two owners say anything; what
 * is not said by then never is, unless the room is claimed again.
 */
import type { RoomType } from './definition.ts';

/** This node's heartbeat, as far as it is surely in the store (`cluster/lease.ts`). */
export interface NodeLease {
  /** One more after each gap. */
  readonly term: number;
  holds(): boolean;
}

export interface Tenure {
  /** Once false it stays so. */
  readonly holds: boolean;
}

/** For a claim that is about to be sent. */
export function tenureOf(type: RoomType, lease: NodeLease): Tenure {
  return type.onPartition === 'strict' ? new LeasedTenure(lease) : UNTIL_FENCED;
}

class LeasedTenure implements Tenure {
  readonly #lease: NodeLease;
  readonly #term: number;

  constructor(lease: NodeLease) {
    this.#lease = lease;
    this.#term = lease.term;
  }

  get holds(): boolean {
    return this.#lease.term === this.#term && this.#lease.holds();
  }
}

const UNTIL_FENCED: Tenure = { holds: true };
