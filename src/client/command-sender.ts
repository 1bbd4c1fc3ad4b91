/**
 * Sends the commands of one room: at the pace of the connection, again from where the server lost them (P16), later
 * when it can't take them now. Reports `stuck` when nothing helps, so that the room joins again and learns the truth.
 */
import { fullJitterMs } from '../base/backoff.ts';
import { Alarm } from './alarm.ts';
import { encodeCommand } from './command.ts';
import type { CommandQueue } from './command-queue.ts';
import type { Link } from './link.ts';

const STUCK_AFTER_MS = 5_000;
const RETRY_BASE_MS = 100;
/** The bucket of the server has to fill again first. */
const RATE_LIMITED_BASE_MS = 500;
const RETRY_MAX_MS = 5_000;
/**
 * All commands in flight behind a lost one come back as out-of-order. The first of these resends, the others within
 * this time only make it look again at the end of it. Longer than most round trips; doubled while it does not help.
 */
const RESEND_WINDOW_MS = 500;
const RESEND_WINDOW_MAX_MS = 4_000;

export class CommandSender {
  readonly #link: Link;
  readonly #room: string;
  readonly #queue: CommandQueue;
  readonly #onStuck: () => void;
  readonly #holds: () => boolean;
  readonly #pause: Alarm;
  readonly #recheck: Alarm;
  readonly #stall: Alarm;
  readonly #pump = (): void => this.pump();
  #ready = false;
  #sent = 0;
  #retries = 0;
  #resendWindowMs = RESEND_WINDOW_MS;
  #resendNotBefore = 0;
  /** When a command was done last, or the first of those now in flight was sent. */
  #movedAt = 0;

  constructor(link: Link, room: string, queue: CommandQueue, onStuck: () => void, holds: () => boolean) {
    this.#link = link;
    this.#room = room;
    this.#queue = queue;
    this.#onStuck = onStuck;
    this.#holds = holds;
    this.#pause = new Alarm(link.clock);
    this.#recheck = new Alarm(link.clock);
    this.#stall = new Alarm(link.clock);
  }

  /** Commands sent so far, repetitions included. */
  get sent(): number {
    return this.#sent;
  }

  /** The room is attached, the queue numbered: everything in it goes out. */
  start(): void {
    this.stop();
    this.#ready = true;
    this.#movedAt = this.#link.clock.now();
    this.pump();
  }

  /** How often in a row the first command was told to come again. */
  get retries(): number {
    return this.#retries;
  }

  stop(): void {
    this.#ready = false;
    this.#resendNotBefore = 0;
    this.#pause.clear();
    this.#recheck.clear();
    this.#stall.clear();
    this.#link.pacer.forget(this.#pump);
  }

  pump(): void {
    if (!this.#ready || this.#pause.pending || this.#holds()) return;
    for (let item = this.#queue.next(); item !== null; item = this.#queue.next()) {
      const bytes = encodeCommand(this.#room, item.cseq, item.command);
      if (!this.#link.pacer.take(bytes.length, this.#pump)) break;
      if (!this.#queue.waits && !item.sent) this.#movedAt = this.#link.clock.now();
      // Marked first: an answer may come while `send` runs.
      this.#queue.markSent(item);
      this.#sent++;
      this.#link.send(bytes);
    }
    this.#watch();
  }

  /** A command is done. */
  progressed(): void {
    this.#movedAt = this.#link.clock.now();
    this.#retries = 0;
    this.#resendWindowMs = RESEND_WINDOW_MS;
  }

  /** ERROR with retry = true for `cseq`: it and those after it go out again after a back-off. */
  retryLater(cseq: number, code: string): void {
    if (!this.#ready || !this.#queue.has(cseq)) return;
    this.#queue.rewind(cseq);
    this.#movedAt = this.#link.clock.now();
    if (this.#pause.pending) return;
    const baseMs = code === 'rate-limited' ? RATE_LIMITED_BASE_MS : RETRY_BASE_MS;
    this.#pause.set(fullJitterMs(this.#retries++, baseMs, RETRY_MAX_MS, this.#link.rng), this.#pump);
  }

  /** P16: the server expects `cseq`. What it expects below our first undone command was said before that one was done. */
  outOfOrder(cseq: number): void {
    if (!this.#ready || cseq <= this.#queue.doneUpTo || !this.#queue.hasFrom(cseq)) return;
    const waitMs = this.#resendNotBefore - this.#link.clock.now();
    if (this.#pause.pending) this.#queue.rewind(cseq);
    else if (waitMs <= 0) this.#resend(cseq);
    else if (!this.#recheck.pending) {
      const doneUpTo = this.#queue.doneUpTo;
      this.#recheck.set(waitMs, () => {
        if (this.#queue.doneUpTo === doneUpTo && this.#queue.hasFrom(cseq)) this.#resend(cseq);
      });
    }
  }

  #resend(cseq: number): void {
    this.#resendNotBefore = this.#link.clock.now() + this.#resendWindowMs;
    this.#resendWindowMs = Math.min(RESEND_WINDOW_MAX_MS, this.#resendWindowMs * 2);
    this.#queue.rewind(cseq);
    this.pump();
  }

  #watch(): void {
    if (this.#stall.pending || !this.#ready || !this.#queue.waits) return;
    const stillMs = this.#link.clock.now() - this.#movedAt;
    this.#stall.set(Math.max(1, STUCK_AFTER_MS - stillMs), () => this.#onStall());
  }

  #onStall(): void {
    if (this.#queue.waits && this.#link.clock.now() - this.#movedAt >= STUCK_AFTER_MS) {
      this.#movedAt = this.#link.clock.now();
      this.#link.probe();
      this.#onStuck();
    }
    this.#watch();
  }
}
