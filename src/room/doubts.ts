/**
 * Sessions that have seen the room in a later epoch than its owner here. Another node may own it by now and count their
 * commands on, so that a JOINED from here would end commands that the room never had (P17). They wait until the store has
 * shown, after they came, that the room is still this owner's. Only then their word counts for nothing: it may be made up.
 */
import type { Clock } from '../base/clock.ts';
import type { Owner } from './owner.ts';
import type { Position } from './ports.ts';
import type { Rejection } from './rejection.ts';
import type { Snapshotter } from './snapshotter.ts';

/** Of one room at a time; beyond it the oldest begins to wait anew. */
const WAITING_MAX = 1024;

const OUTDATED: Pick<Rejection, 'code' | 'text'> = {
  code: 'unavailable',
  text: 'the room may be elsewhere by now; that is being looked at',
};

export class Doubts {
  readonly #clock: Clock;
  readonly #snapshotter: Snapshotter;
  /** When each came first. */
  readonly #waiting = new Map<string, number>();

  constructor(clock: Clock, snapshotter: Snapshotter) {
    this.#clock = clock;
    this.#snapshotter = snapshotter;
  }

  /** Why a JOIN of that session with this `since` has to come again later, or null. */
  refusal(owner: Owner, sid: string, since: Position | null): Pick<Rejection, 'code' | 'text'> | null {
    if (since === null || since.epoch <= owner.epoch) return null;
    const at = this.#waiting.get(sid) ?? this.#clock.now();
    this.#waiting.delete(sid);
    if (this.#snapshotter.writtenAt(owner) > at) return null;
    this.#waiting.set(sid, at);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    owner.verify();
    return OUTDATED;
  }
}
