/**
 * What goes out to one client, and what happens when it does not read (P13, P20).
 *
 * More than its buffer limit waiting makes the client *lagging*: it leaves its rooms' topics, and what is sent to it is
 * dropped. The limit is looked at often enough that none gets from below it to twice of it unseen, where uWS drops: so
 * there is room for the close frame of a reader that never drains. Once it has drained it joins the topics again and
 * learns by POSITION what it missed. The topics are left at the end of the turn, never in the `dropped` callback: the
 * socket library iterates them there.
 */
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { CLOSE } from '../protocol/codes.ts';
import { SLOW_READER_MS } from '../protocol/limits.ts';
import { encodePosition } from '../protocol/server-frame.ts';
import type { Seat } from '../room/ports.ts';
import type { Deadlines } from './deadlines.ts';
import type { Socket } from './socket.ts';

/** What all deliveries of a node share. */
export interface DeliveryHost {
  readonly clock: Clock;
  readonly counters: Counters;
  readonly slowReaders: Deadlines<Delivery>;
  /** A reader with more than this waiting for it is lagging. */
  readonly lagBytes: number;
  /** A lagging reader has caught up when no more than this waits for it. */
  readonly drainedBytes: number;
}

/** Four times the rooms of one connection (a guess): it has left and joined others all the while. */
const OWED_MAX = 64;
/** What waits for one reader is at most this times the size at which it lags (P20). */
export const LIMIT_FACTOR = 2;
/** From here on a frame could take a buffer far beyond its limit: snapshots, and what a member missed (P7). */
const LARGE_BYTES = 16 * 1024;
const NOTHING_OWED = new Map<string, Uint8Array>();

interface Owner {
  readonly seats: readonly Seat[];
  close(code: number, reason: string): void;
}

export class Delivery {
  readonly #owner: Owner;
  readonly #socket: Socket;
  readonly #host: DeliveryHost;
  #open = true;
  #lagging = false;
  /** The end of a seat, by room, that the lagging client has not heard; few ever owe one. */
  #owed: Map<string, Uint8Array> | null = null;

  constructor(owner: Owner, socket: Socket, host: DeliveryHost) {
    this.#owner = owner;
    this.#socket = socket;
    this.#host = host;
  }

  get isLagging(): boolean {
    return this.#lagging;
  }

  send(frame: Uint8Array): void {
    if (!this.#open) return;
    if (this.#lagging) this.#host.counters.framesDropped++;
    else if (frame.length >= LARGE_BYTES && !this.#hasRoomFor(frame.length)) this.dropped();
    else if (this.#socket.send(frame) === 'dropped') this.#lag();
    else this.#host.counters.framesOut++;
  }

  /** The frame that ends a seat: kept for a lagging client, which no POSITION would tell of a room that it is not in. */
  sendLast(room: string, frame: Uint8Array): void {
    this.send(frame);
    if (!this.#open || !this.#lagging) return;
    this.#owed ??= new Map();
    if (this.#owed.size < OWED_MAX) this.#owed.set(room, frame);
    else this.#owner.close(CLOSE.tooSlow, `over ${OWED_MAX} rooms ended while it did not read`);
  }

  subscribe(topic: string): void {
    // A lagging client joins its topics when it has drained.
    if (this.#open && !this.#lagging) this.#socket.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    if (this.#open) this.#socket.unsubscribe(topic);
  }

  cork(run: () => void): void {
    if (this.#open) this.#socket.cork(run);
  }

  /** The buffer was full and a frame is gone. */
  dropped(): void {
    this.#host.counters.framesDropped++;
    this.#lag();
  }

  /** Looks whether the reader keeps up; answers how many bytes wait for it. */
  look(): number {
    if (!this.#open) return 0;
    const bytes = this.#socket.bufferedBytes();
    if (bytes > this.#host.lagBytes) this.#lag();
    return bytes;
  }

  /** The reader took something from the buffer. */
  drained(): void {
    if (!this.#open || !this.#lagging || this.#socket.bufferedBytes() > this.#host.drainedBytes) return;
    this.#lagging = false;
    this.#host.slowReaders.delete(this);
    this.#socket.cork(() => this.#catchUp());
  }

  /** The reader has been lagging for as long as it may. */
  late(): void {
    this.drained();
    if (!this.#open || !this.#lagging) return;
    this.#host.counters.closedTooSlow++;
    this.#owner.close(CLOSE.tooSlow, `not drained within ${SLOW_READER_MS / 1000} s`);
  }

  close(code: number, reason: string): void {
    this.gone();
    this.#socket.close(code, reason);
  }

  /** The socket must not be touched any more. */
  gone(): void {
    this.#open = false;
    this.#host.slowReaders.delete(this);
  }

  /**
   * The socket library takes a frame of any size until its buffer is full. One that is over the limit by itself goes to a
   * reader that has read everything else, or it would never get there.
   */
  #hasRoomFor(bytes: number): boolean {
    const waiting = this.#socket.bufferedBytes();
    return waiting === 0 || waiting + bytes <= LIMIT_FACTOR * this.#host.lagBytes;
  }

  #lag(): void {
    if (!this.#open || this.#lagging) return;
    this.#lagging = true;
    this.#host.counters.lagged++;
    this.#host.slowReaders.add(this);
    this.#host.clock.soon(() => this.#leaveTopics());
  }

  #leaveTopics(): void {
    if (!this.#open || !this.#lagging) return;
    for (const seat of this.#owner.seats) if (seat.topic !== null) this.#socket.unsubscribe(seat.topic);
  }

  #catchUp(): void {
    const owed = this.#owed ?? NOTHING_OWED;
    for (const [room, frame] of owed) {
      if (this.#lagging) return;
      owed.delete(room);
      // Joined again meanwhile: what ended is past.
      if (!this.#owner.seats.some((seat) => seat.room === room)) this.sendLast(room, frame);
    }
    for (const seat of this.#owner.seats) {
      // A POSITION may fill the buffer again; then the next drain goes through all seats anew.
      if (this.#lagging) return;
      if (seat.topic !== null) this.#socket.subscribe(seat.topic);
      const position = seat.position();
      if (position !== null) this.send(encodePosition(seat.room, position.epoch, position.seq));
    }
  }
}
