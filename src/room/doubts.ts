/**
 * Sessions that have seen the room in a later epoch than its owner here. Another node may own it by now and count their
 * commands on, so that a JOINED from here would end commands that the room never had (P17). They wait until the store has
 * shown, after they came, that the room is still this owner's. Only then their word counts for nothing: it may be made up.
 */
import type { Clock } from '../base/clock.ts';
import { encodeError } from '../protocol/server-frame.ts';
import type { MemberLink } from './member-link.ts';
import type { Owner } from './owner.ts';
import type { JoinRequest } from './ports.ts';
import type { Snapshotter } from './snapshotter.ts';

/** Of one room at a time; beyond it the oldest begins to wait anew. */
const WAITING_MAX = 1024;
/** A commit comes within its debounce, some 200 ms; who waits longer is told to come again. */
const PATIENCE_MS = 1_000;
const LOOK_AGAIN_MS = 50;

export class Doubts {
  readonly #clock: Clock;
  readonly #snapshotter: Snapshotter;
  /** When each came first, by session. */
  readonly #waiting = new Map<string, number>();

  constructor(clock: Clock, snapshotter: Snapshotter) {
    this.#clock = clock;
    this.#snapshotter = snapshotter;
  }

  /** Whether that JOIN has to wait: then it is asked again here, or refused when the store does not answer in time. */
  holds(owner: Owner, link: MemberLink, request: JoinRequest): boolean {
    const { req, since } = request;
    if (since === null || since.epoch <= owner.epoch) return false;
    const { sid } = link.session;
    const now = this.#clock.now();
    const at = this.#waiting.get(sid) ?? now;
    this.#waiting.delete(sid);
    if (this.#snapshotter.writtenAt(owner) > at) return false;
    this.#waiting.set(sid, at);
    const [oldest] = this.#waiting.keys();
    if (this.#waiting.size > WAITING_MAX && oldest !== undefined) this.#waiting.delete(oldest);
    if (now === at) owner.verify();
    if (now - at < PATIENCE_MS) {
      this.#clock.after(LOOK_AGAIN_MS, () => {
        // One that is given up changes no more; whoever has the room next is asked.
        if (!owner.feed.isClosed && !owner.isGivenUp && link.asks(request)) owner.join(link, request);
      });
    } else {
      const text = 'the room may be elsewhere by now; that is being looked at';
      link.refused(req, encodeError('unavailable', text, { req, room: owner.room }));
    }
    return true;
  }
}
