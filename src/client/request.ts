/**
 * JOIN or LEAVE of one room: at most one wanted at a time, repeated until answered. An answer may come late, after the
 * request was repeated; it counts then too, since on one connection it still tells the truth. One that comes twice, or
 * that was never asked for, does not.
 */
import { fullJitterMs } from '../base/backoff.ts';
import { Alarm } from './alarm.ts';
import type { Link } from './link.ts';

const BACKOFF_BASE_MS = 100;
/**
 * A refused JOIN costs the node some µs, and who waits long after the rush is over is out for nothing: of 2,000 clients
 * that a node admits at 500 per second the last is in after 4 s; with waits of up to 5 s it took 6.
 */
const BACKOFF_MAX_MS = 2_000;
/** Doubled with each repetition: a server that is slow under load must not be asked ever more. */
const ANSWER_DEADLINE_MS = 5_000;
const ANSWER_DEADLINE_MAX_MS = 20_000;
/** Requests of one connection whose answer would still count; older ones are forgotten. */
const ASKED_MAX = 8;
/** Tries this far apart have nothing to do with each other. */
const RECENT_MS = 5_000;

export class Request {
  readonly #link: Link;
  readonly #encode: (req: number) => Uint8Array;
  readonly #alarm: Alarm;
  readonly #trySend = (): void => this.#send();
  /** wanted: to be sent when the connection, the back-off and the pacer allow. sent: the newest waits for its answer. */
  #state: 'idle' | 'wanted' | 'sent' | 'over' = 'idle';
  /** Sent on this connection and not answered, oldest first. */
  #asked: number[] = [];
  #tries = 0;
  #sentAt = 0;

  constructor(link: Link, encode: (req: number) => Uint8Array) {
    this.#link = link;
    this.#encode = encode;
    this.#alarm = new Alarm(link.clock);
  }

  /** Not on its way. */
  get idle(): boolean {
    return this.#state === 'idle';
  }

  /** An answer may still come. */
  get isUnanswered(): boolean {
    return this.#asked.length > 0;
  }

  /** Sends it, unless it is on its way already. Repeated in a row and not `urgent`, it waits a while. */
  ask(urgent = false): void {
    if (this.#state !== 'idle') return;
    this.#state = 'wanted';
    if (urgent || this.#link.clock.now() - this.#sentAt > RECENT_MS) this.#tries = 0;
    if (this.#tries === 0) this.#send();
    else this.#backOff();
  }

  /** `older`: one that was sent later is still to be answered. null: not asked on this connection, or answered already. */
  answered(req: number): 'newest' | 'older' | null {
    const i = this.#asked.indexOf(req);
    if (i === -1) return null;
    this.#asked.splice(0, i + 1);
    if (this.isUnanswered) return 'older';
    this.settle();
    return 'newest';
  }

  /** An ERROR for `req`: true when that is the last word. */
  refused(req: number, retry: boolean): boolean {
    const i = this.#asked.indexOf(req);
    if (i === -1) return false;
    const newest = i === this.#asked.length - 1 && this.#state === 'sent';
    this.#asked.splice(0, i + 1);
    if (!newest) return false;
    if (!retry) {
      this.settle();
      return true;
    }
    this.#state = 'wanted';
    this.#backOff();
    return false;
  }

  /** The server shows that it has answered, and the answer did not come: asks again, the first time at once. */
  lost(): void {
    if (this.#state !== 'sent') return;
    this.#state = 'wanted';
    if (this.#tries > 1) this.#backOff();
    else this.#send();
  }

  /** What it was to bring about has come about: it need not be sent. One that was sent is still to be answered. */
  needless(): void {
    if (!this.isUnanswered) this.settle();
  }

  /** It is answered. */
  settle(): void {
    if (this.#state !== 'over') this.#state = 'idle';
    this.#alarm.clear();
    this.#link.pacer.forget(this.#trySend);
  }

  /** The connection is gone, and with it every answer. */
  stop(): void {
    this.settle();
    this.#asked = [];
    this.#tries = 0;
  }

  /** It is never asked again, and answers count no more. */
  end(): void {
    this.stop();
    this.#state = 'over';
  }

  #send(): void {
    if (!this.#link.open) return;
    const req = this.#link.nextReq();
    const bytes = this.#encode(req);
    if (!this.#link.pacer.take(bytes.length, this.#trySend)) return;
    this.#state = 'sent';
    this.#asked.push(req);
    if (this.#asked.length > ASKED_MAX) this.#asked.shift();
    this.#sentAt = this.#link.clock.now();
    const deadlineMs = Math.min(ANSWER_DEADLINE_MAX_MS, ANSWER_DEADLINE_MS * 2 ** this.#tries++);
    this.#alarm.set(deadlineMs, () => {
      this.#link.probe();
      this.#state = 'wanted';
      this.#send();
    });
    this.#link.send(bytes);
  }

  #backOff(): void {
    const { rng } = this.#link;
    this.#alarm.set(fullJitterMs(Math.max(0, this.#tries - 1), BACKOFF_BASE_MS, BACKOFF_MAX_MS, rng), this.#trySend);
  }
}
