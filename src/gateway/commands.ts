/**
 * What a connection with an open session says, each frame turned into calls of its seats or into an ERROR. One instance
 * serves all connections of a node; it also admits joins for the whole node, which flattens the rush after a restart.
 *
 * SEND is the hot path: no allocation, no decoding of the room's name.
 */
import { unreachable } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import { ClientFrame } from '../protocol/client-frame.ts';
import { CLOSE, type ErrorCode } from '../protocol/codes.ts';
import {
  isRoomName,
  type Limits,
  META_BYTES_MAX,
  RATE_LIMIT_GRACE_MS,
  ROOM_NAME_BYTES_MAX,
} from '../protocol/limits.ts';
import { CLIENT_OP } from '../protocol/op.ts';
import { type ErrorSubject, encodeError, encodePong } from '../protocol/server-frame.ts';
import type { Connection, Rooms, Seat } from '../room/ports.ts';
import { Admission } from './admission.ts';
import type { RateLimit } from './rate-limit.ts';

/** A connection, as its commands see it. */
export interface Commander extends Connection {
  readonly rateLimit: RateLimit;
  /** The seat in the room whose name is bytes[start, end), or null. */
  seatAt(bytes: Uint8Array, start: number, end: number): Seat | null;
  close(code: number, reason: string): void;
}

export interface CommandOptions {
  readonly limits: Limits;
  readonly joinsPerSec: number;
}

export class Commands {
  /** What was read last. Read and handled within one call, so all connections share it. */
  readonly frame = new ClientFrame();
  readonly #rooms: Rooms;
  readonly #clock: Clock;
  readonly #counters: Counters;
  readonly #limits: Limits;
  readonly #admission: Admission;

  constructor(rooms: Rooms, clock: Clock, counters: Counters, options: CommandOptions) {
    this.#rooms = rooms;
    this.#clock = clock;
    this.#counters = counters;
    this.#limits = options.limits;
    this.#admission = new Admission(options.joinsPerSec, clock.now());
  }

  /** `frame` was read from `bytes`, and is anything but a HELLO. Both may be reused after the call. */
  handle(from: Commander, frame: ClientFrame, bytes: Uint8Array): void {
    const now = this.#clock.now();
    if (!from.rateLimit.admits(bytes.length, now)) {
      this.#limited(from, frame, bytes);
      return;
    }
    switch (frame.op) {
      case CLIENT_OP.send: {
        const seat = from.seatAt(bytes, frame.roomStart, frame.roomEnd);
        if (seat !== null) seat.message(frame.cseq, bytes, frame.bodyStart, frame.bodyEnd);
        else refuse(from, 'not-joined', frame, bytes);
        return;
      }
      case CLIENT_OP.set: {
        const seat = from.seatAt(bytes, frame.roomStart, frame.roomEnd);
        if (seat !== null) seat.patch(frame.cseq, bytes, frame.bodyStart, frame.bodyEnd);
        else refuse(from, 'not-joined', frame, bytes);
        return;
      }
      case CLIENT_OP.ping:
        from.send(encodePong(frame.t, Math.floor(this.#clock.wall())));
        return;
      case CLIENT_OP.join:
        this.#join(from, frame, bytes, now);
        return;
      case CLIENT_OP.leave: {
        const seat = from.seatAt(bytes, frame.roomStart, frame.roomEnd);
        if (seat !== null) seat.leave(frame.req);
        else refuse(from, 'not-joined', frame, bytes);
        return;
      }
      case CLIENT_OP.hello:
        // The connection takes HELLO itself.
        return;
      default:
        unreachable(frame.op);
    }
  }

  #join(from: Commander, frame: ClientFrame, bytes: Uint8Array, now: number): void {
    const refusal = this.#refusalOf(from, frame, bytes, now);
    if (refusal !== null) {
      refuse(from, refusal.code, frame, bytes, refusal.message);
      return;
    }
    this.#rooms.join(from, {
      req: frame.req,
      room: frame.room(bytes),
      since: frame.hasSince ? { epoch: frame.sinceEpoch, seq: frame.sinceSeq } : null,
      meta: frame.metaStart === -1 ? null : bytes.slice(frame.metaStart, frame.metaEnd),
    });
  }

  #refusalOf(from: Commander, frame: ClientFrame, bytes: Uint8Array, now: number): Refusal | null {
    const { roomsMax } = this.#limits;
    const nameBytes = frame.roomEnd - frame.roomStart;
    if (nameBytes > ROOM_NAME_BYTES_MAX || !isRoomName(frame.room(bytes))) return { code: 'bad-room', message: null };
    if (frame.metaEnd - frame.metaStart > META_BYTES_MAX) {
      return { code: 'too-large', message: `meta is over ${META_BYTES_MAX} bytes` };
    }
    // It is in already and asks for what it missed (P9): it does not line up with those who come.
    if (from.seatAt(bytes, frame.roomStart, frame.roomEnd) !== null) return null;
    if (from.seats.length >= roomsMax) {
      return { code: 'too-many-rooms', message: `at most ${roomsMax} rooms per connection` };
    }
    if (this.#admission.admits(now)) return null;
    this.#counters.joinsRefused++;
    const waitMs = this.#admission.waitMs(now);
    return { code: 'unavailable', message: `this node admits no more joins right now; ask again in ${waitMs} ms` };
  }

  #limited(from: Commander, frame: ClientFrame, bytes: Uint8Array): void {
    this.#counters.rateLimited++;
    if (from.rateLimit.overForMs() < RATE_LIMIT_GRACE_MS) {
      refuse(from, 'rate-limited', frame, bytes);
      return;
    }
    this.#counters.rateLimitClosed++;
    from.close(CLOSE.rateLimit, `over the rate limit for ${RATE_LIMIT_GRACE_MS / 1000} s`);
  }
}

interface Refusal {
  readonly code: ErrorCode;
  /** null: the catalogue's text. */
  readonly message: string | null;
}

function refuse(
  to: Commander,
  code: ErrorCode,
  frame: ClientFrame,
  bytes: Uint8Array,
  message: string | null = null,
): void {
  to.send(encodeError(code, message, subject(frame, bytes)));
}

function subject(frame: ClientFrame, bytes: Uint8Array): ErrorSubject {
  switch (frame.op) {
    case CLIENT_OP.join:
    case CLIENT_OP.leave:
      return { req: frame.req, room: roomOf(frame, bytes) };
    case CLIENT_OP.send:
    case CLIENT_OP.set:
      return { room: roomOf(frame, bytes), cseq: frame.cseq };
    case CLIENT_OP.ping:
    case CLIENT_OP.hello:
      return {};
    default:
      return unreachable(frame.op);
  }
}

/** The name to say back; one that can't be a room's is not worth its bytes. */
function roomOf(frame: ClientFrame, bytes: Uint8Array): string | null {
  return frame.roomEnd - frame.roomStart > ROOM_NAME_BYTES_MAX ? null : frame.room(bytes);
}
