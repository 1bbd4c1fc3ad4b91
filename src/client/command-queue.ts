/**
 * The commands of one room that are not done yet, in the order in which they were given, each under its cseq.
 * Says which one to send next; knows no time and sends nothing itself. Rules P15-P17.
 */
import type { Command } from './command.ts';
import type { RoomcastError } from './roomcast-error.ts';

/** Undone commands per room: 8 s at the default rate. More are refused, since they would only pile up. */
export const UNDONE_MAX = 1024;

export interface QueuedCommand {
  readonly command: Command;
  /** Provisional until the first JOINED. */
  cseq: number;
  /** It was on the wire in this membership, so it may have taken effect. */
  sent: boolean;
  readonly settle: (error: RoomcastError | null) => void;
}

type OnDone = (command: Command, error: RoomcastError | null, cseq: number) => void;

export class CommandQueue {
  readonly #onDone: OnDone;
  /** By cseq, growing; with gaps where one was done before those ahead of it. */
  #items: QueuedCommand[] = [];
  #nextCseq = 1;
  /** Commands from here on are to be sent (again). */
  #sendFrom = 1;
  #highestDone = 0;

  constructor(onDone: OnDone) {
    this.#onDone = onDone;
  }

  get size(): number {
    return this.#items.length;
  }

  /** Everything up to here is done, as far as this queue was told. */
  get doneUpTo(): number {
    return (this.#items[0]?.cseq ?? this.#nextCseq) - 1;
  }

  /** The highest cseq that has ended; some before it may not have. */
  get highestDone(): number {
    return this.#highestDone;
  }

  /** Some command was sent and waits for its end. */
  get waits(): boolean {
    const first = this.#items[0];
    return first !== undefined && first.cseq < this.#sendFrom;
  }

  has(cseq: number): boolean {
    return this.#items[this.#indexFrom(cseq)]?.cseq === cseq;
  }

  /** Something is undone at or after `cseq`. */
  hasFrom(cseq: number): boolean {
    return this.#indexFrom(cseq) < this.#items.length;
  }

  /** The caller has checked UNDONE_MAX. */
  add(command: Command, settle: QueuedCommand['settle']): void {
    this.#items.push({ command, cseq: this.#nextCseq++, sent: false, settle });
  }

  /** The next command to send, or null. */
  next(): QueuedCommand | null {
    return this.#items[this.#indexFrom(this.#sendFrom)] ?? null;
  }

  markSent(item: QueuedCommand): void {
    item.sent = true;
    this.#sendFrom = item.cseq + 1;
  }

  /** Send again from `cseq` on. */
  rewind(cseq: number): void {
    this.#sendFrom = Math.min(this.#sendFrom, cseq);
  }

  /** P15: this one has ended; error null when it took effect. False when it is not (or no longer) here. */
  end(cseq: number, error: RoomcastError | null): boolean {
    const i = this.#indexFrom(cseq);
    const item = this.#items[i];
    if (item === undefined || item.cseq !== cseq || !item.sent) return false;
    this.#items.splice(i, 1);
    this.#highestDone = Math.max(this.#highestDone, cseq);
    this.#tell(item, error);
    return true;
  }

  /** P15: ACK, and JOINED or SYNC with that cseq. True when that ended any. What was never sent can't be done. */
  endUpTo(cseq: number): boolean {
    const end = this.#items.findIndex((item) => item.cseq > cseq || !item.sent);
    const done = this.#items.splice(0, end === -1 ? this.#items.length : end);
    this.#highestDone = Math.max(this.#highestDone, done.at(-1)?.cseq ?? 0);
    for (const item of done) this.#tell(item, null);
    return done.length > 0;
  }

  /** P17: what is left continues after `cseq`, and goes out again. */
  renumber(cseq: number): void {
    this.#highestDone = cseq;
    this.#nextCseq = cseq + 1;
    this.#sendFrom = this.#nextCseq;
    for (const item of this.#items) item.cseq = this.#nextCseq++;
  }

  /** Ends with `error` what `which` picks. Numbers of the others stay: the caller renumbers. */
  drop(error: RoomcastError, which: (item: QueuedCommand) => boolean): void {
    const dropped: QueuedCommand[] = [];
    const kept: QueuedCommand[] = [];
    for (const item of this.#items) (which(item) ? dropped : kept).push(item);
    this.#items = kept;
    for (const item of dropped) this.#tell(item, error);
  }

  #tell(item: QueuedCommand, error: RoomcastError | null): void {
    this.#onDone(item.command, error, item.cseq);
    item.settle(error);
  }

  /** Index of the first item with at least that cseq. It is at most where it would be without gaps. */
  #indexFrom(cseq: number): number {
    const first = this.#items[0];
    if (first === undefined || cseq <= first.cseq) return 0;
    let i = Math.min(cseq - first.cseq, this.#items.length);
    for (let before = this.#items[i - 1]; before !== undefined && before.cseq >= cseq; before = this.#items[i - 1]) i--;
    return i;
  }
}
