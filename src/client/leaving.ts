import { Alarm } from './alarm.ts';
import type { Link } from './link.ts';
import { Request } from './request.ts';
import { settled } from './settled.ts';

/** Commands given before `leave` have that long to be done. */
const DRAIN_MS = 5_000;

/** The end of a membership by the member's own wish: first its last commands, then LEAVE until that is answered. */
export class Leaving {
  /** Resolves when the room is over, for whatever reason. */
  readonly over: Promise<void>;
  readonly #settle: () => void;
  readonly #request: Request;
  readonly #drain: Alarm;
  readonly #onAsk: () => void;
  #isAsked = false;

  /** `onAsk`: LEAVE goes out now. A JOIN behind it would make a new member, which does again what the old one did. */
  constructor(link: Link, encode: (req: number) => Uint8Array, onAsk: () => void) {
    const { promise, settle } = settled();
    this.over = promise;
    this.#settle = () => settle(null);
    this.#request = new Request(link, encode);
    this.#drain = new Alarm(link.clock);
    this.#onAsk = onAsk;
  }

  /** LEAVE was asked for: the membership may be over at any time. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  start(hasCommands: boolean): void {
    if (hasCommands) this.#drain.set(DRAIN_MS, () => this.go());
    else this.go();
  }

  go(): void {
    this.#drain.clear();
    this.#isAsked = true;
    this.#onAsk();
    this.#request.ask();
  }

  answered(req: number): boolean {
    return this.#request.answered(req) !== null;
  }

  /** True when the server will not say more: it does not know the member. */
  refused(req: number, retry: boolean): boolean {
    return this.#request.refused(req, retry);
  }

  stop(): void {
    this.#drain.clear();
    this.#request.stop();
    this.#settle();
  }
}
