/**
 * The commands of one room from being given to being done, through every JOINED and SYNC. Rules P15-P17.
 */
import type { ErrorFrame, ServerEvent } from '../protocol/server-reader.ts';
import { type Command, commandBytesMax, encodeCommand } from './command.ts';
import { CommandQueue, UNDONE_MAX } from './command-queue.ts';
import { CommandSender } from './command-sender.ts';
import type { Link } from './link.ts';
import { clientError, RoomcastError } from './roomcast-error.ts';
import { quiet, settled } from './settled.ts';

export interface RoomCommandsHandlers {
  onDone(command: Command, error: RoomcastError | null, cseq: number): void;
  /** Nothing moves: the room should join again. */
  onStuck(): void;
  /** A JOIN is unanswered: it is not known whose commands they would be that are sent behind it. */
  holds(): boolean;
}

/** The answer to the newest JOIN, or to one before it, or SYNC. */
export type AttachedBy = 'newest' | 'older' | 'sync';

/** A command that meets a fault of the server this often is rejected, so that it does not hold up those behind it. */
const INTERNAL_TRIES = 4;

export class RoomCommands {
  readonly #link: Link;
  readonly #room: string;
  readonly #queue: CommandQueue;
  readonly #sender: CommandSender;
  readonly #onStuck: () => void;
  #me = 0;
  /** The member number and the epoch for which the queue was numbered. */
  #numberedAs = 0;
  #numberedIn = 0;
  /** Commands sent when the last JOIN was answered: these are not on their way any more, since none is sent behind a JOIN. */
  #cleared = 0;
  /** A number was given back: the next numbering starts from what the room says. */
  #gaveBack = false;

  constructor(link: Link, room: string, handlers: RoomCommandsHandlers) {
    this.#link = link;
    this.#room = room;
    this.#queue = new CommandQueue((command, error, cseq) => handlers.onDone(command, error, cseq));
    this.#onStuck = () => handlers.onStuck();
    const holds = (): boolean => handlers.holds();
    this.#sender = new CommandSender(link, room, this.#queue, this.#onStuck, holds);
  }

  /** Given, and not known to be done. */
  get undone(): number {
    return this.#queue.size;
  }

  /** The member number under which commands are given; 0 before the first JOINED. */
  get me(): number {
    return this.#me;
  }

  /** Resolves when the command is done, rejects when it is refused or its end will not be known. */
  add(command: Command): Promise<void> {
    const refusal = this.#refusal(command);
    if (refusal !== null) return quiet(Promise.reject(refusal));
    const { promise, settle } = settled();
    this.#queue.add(command, settle);
    this.#sender.pump();
    return promise;
  }

  /**
   * Commands that were sent before a SYNC may reach the room only after it said this. Were the rest renumbered at once, one
   * of these could pass for another command under its new number, and that one would be taken for a repetition. So where
   * numbers have to change, nothing is sent until a JOIN has cleared the way.
   */
  attach(epoch: number, me: number, cseq: number, by: AttachedBy): void {
    const queue = this.#queue;
    this.#me = me;
    // The one behind it may find another membership, or make one.
    if (by === 'older') return;
    const { sent } = this.#sender;
    if (by === 'newest') this.#cleared = sent;
    const sameMember = me === this.#numberedAs;
    if (sameMember) queue.endUpTo(cseq);
    const tookNothingBack = epoch === this.#numberedIn || cseq >= queue.highestDone;
    if (this.#cleared === sent) this.#renumber(epoch, me, cseq);
    else if (sameMember && tookNothingBack && !this.#gaveBack) {
      this.#numberedIn = epoch;
      queue.rewind(0);
    } else {
      this.#sender.stop();
      this.#onStuck();
      return;
    }
    this.#sender.start();
  }

  #renumber(epoch: number, me: number, cseq: number): void {
    const queue = this.#queue;
    // Numbers of members grow and are not used again: the old membership ended, and with it the count of what it had
    // applied. (A smaller one comes from a room that has lost the old membership, and its commands with it.)
    if (this.#numberedAs !== 0 && me > this.#numberedAs) queue.drop(clientError('interrupted'), (item) => item.sent);
    const sameLine = me === this.#numberedAs && epoch === this.#numberedIn && !this.#gaveBack;
    const doneUpTo = sameLine ? Math.max(cseq, queue.doneUpTo) : cseq;
    // The node now serving may allow less than the one before.
    queue.drop(new RoomcastError('too-large', 'over frameBytesMax'), (item) => this.#tooLarge(item.command) !== null);
    queue.renumber(doneUpTo);
    this.#numberedIn = epoch;
    this.#numberedAs = me;
    this.#gaveBack = false;
  }

  detach(): void {
    this.#sender.stop();
  }

  /** Nothing holds them any more. */
  resume(): void {
    this.#sender.pump();
  }

  ack(cseq: number): void {
    if (this.#queue.endUpTo(cseq)) this.#sender.progressed();
  }

  /** An event of this member. */
  onOwn(event: ServerEvent): void {
    if (event.kind !== 'message' && event.kind !== 'state') return;
    if (this.#queue.end(event.cseq, null)) this.#sender.progressed();
  }

  onError(frame: ErrorFrame, cseq: number): void {
    if (frame.code === 'out-of-order') this.#sender.outOfOrder(cseq);
    else if (frame.code === 'internal' && this.#sender.retries >= INTERNAL_TRIES) this.#giveUp(cseq, frame);
    else if (frame.retry) this.#sender.retryLater(cseq, frame.code);
    else if (this.#queue.end(cseq, new RoomcastError(frame.code, frame.message))) this.#sender.progressed();
  }

  /** The command did not use its cseq up; those behind it are numbered anew once a JOIN has cleared the way. */
  #giveUp(cseq: number, frame: ErrorFrame): void {
    this.#queue.drop(new RoomcastError('internal', frame.message), (item) => item.cseq === cseq);
    this.#gaveBack = true;
    this.#sender.stop();
    this.#onStuck();
  }

  /** All that are left end with `error`. */
  end(error: RoomcastError): void {
    this.#queue.drop(error, () => true);
  }

  #refusal(command: Command): RoomcastError | null {
    if (this.#queue.size >= UNDONE_MAX) return clientError('too-many-commands', `${UNDONE_MAX} in ${this.#room}`);
    return this.#tooLarge(command);
  }

  /** The server would close the connection for such a frame (P3). */
  #tooLarge(command: Command): RoomcastError | null {
    const max = this.#link.limits.frameBytesMax;
    if (commandBytesMax(this.#room, command) <= max) return null;
    const bytes = encodeCommand(this.#room, Number.MAX_SAFE_INTEGER, command).length;
    return bytes <= max ? null : new RoomcastError('too-large', `a command of ${bytes} bytes, ${max} are allowed`);
  }
}
