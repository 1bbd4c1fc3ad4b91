/**
 * Runs the handlers of a defined room. Each call is a transaction: a handler that throws leaves no event, no state
 * and no answer behind. What handlers want done to the membership (remove, close) is done after they returned.
 */

import type { Clock } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import type { ErrorCode } from '../protocol/codes.ts';
import { KEY_BYTES_MAX } from '../protocol/limits.ts';
import { decodeMessage, decodePayload, encodeMessage, encodePayload } from '../protocol/payload.ts';
import { encodeDirect } from '../protocol/server-frame.ts';
import { copyAgain, type Simple, simpleCopy } from '../protocol/simple-value.ts';
import { utf8Length } from '../protocol/utf8.ts';
import { writeSimple } from '../protocol/write-simple.ts';
import { Writer } from '../protocol/writer.ts';
import type { LeaveReason, Room, RoomHandlers, RoomMember, RoomType, TypedState } from './definition.ts';
import type { Member } from './member.ts';
import type { Outbox } from './outbox.ts';
import { Rejection } from './rejection.ts';
import type { Roster } from './roster.ts';
import type { RoomState } from './state.ts';

/** What the owner does for its handlers. */
export interface ScriptHost {
  readonly room: string;
  readonly type: RoomType;
  readonly roster: Roster;
  readonly state: RoomState;
  readonly outbox: Outbox;
  readonly stateBytesMax: number;
  remove(member: Member): void;
  close(reason: string): void;
}

const REPORT_EVERY_MS = 1000;
/** Values of more bytes are kept encoded alone: decoding them is rare, and their copies would take memory (guess). */
const SIMPLE_BYTES_MAX = 256;

// Its bytes are copied before the call returns, so one is enough.
const scratch = new Writer(1024);

export class Script {
  readonly #handlers: RoomHandlers;
  readonly #host: ScriptHost;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #room: Room;
  /** Asked for by the running handler, done when it has returned. */
  #after: (() => void)[] = [];
  #running = false;
  #reportNotBefore = Number.NEGATIVE_INFINITY;
  /** Throws since the last line in the log. */
  #unreported = 0;

  constructor(handlers: RoomHandlers, host: ScriptHost, clock: Clock, log: Logger, counters: Counters) {
    this.#handlers = handlers;
    this.#host = host;
    this.#clock = clock;
    this.#log = log;
    this.#counters = counters;
    this.#room = this.#facade();
  }

  created(): void {
    this.#run('onCreate', null, () => this.#handlers.onCreate?.(this.#room));
  }

  joined(member: Member): Rejection | null {
    return this.#run('onJoin', member, () => this.#handlers.onJoin?.(this.#room, member));
  }

  message(member: Member, payload: Uint8Array): Rejection | null {
    return this.#run('onMessage', member, () => {
      const handler = this.#handlers.onMessage;
      if (!handler) throw new Rejection('forbidden', 'this room takes no messages');
      const { type, data } = readMessage(payload);
      return handler.call(this.#handlers, this.#room, member, type, data);
    });
  }

  ticked(elapsedMs: number): void {
    this.#run('onTick', null, () => this.#handlers.onTick?.(this.#room, elapsedMs));
  }

  left(member: Member, reason: LeaveReason): void {
    this.#run('onLeave', member, () => this.#handlers.onLeave?.(this.#room, member, reason));
  }

  #run(handler: string, member: Member | null, task: () => unknown): Rejection | null {
    const { state, outbox } = this.#host;
    state.begin();
    const mark = outbox.mark();
    this.#after = [];
    this.#running = true;
    try {
      const answer = task();
      if (answer instanceof Promise) this.#refuseAsync(handler, answer);
    } catch (cause) {
      state.rollback();
      outbox.rollback(mark);
      return this.#refusal(handler, member, cause);
    } finally {
      this.#running = false;
    }
    state.keep();
    const after = this.#after;
    this.#after = [];
    for (const action of after) action();
    return null;
  }

  /** What an async handler does after its first await could be neither ordered nor undone; its room is closed by then. */
  #refuseAsync(handler: string, promise: Promise<unknown>): never {
    promise.catch((cause: unknown) => this.#log.error({ err: cause, room: this.#host.room }, `${handler} rejected`));
    throw new Error(`${handler} is async; handlers are synchronous`);
  }

  #refusal(handler: string, member: Member | null, cause: unknown): Rejection {
    const isHeard = handler === 'onJoin' || handler === 'onMessage';
    if (cause instanceof Rejection && isHeard) return cause;
    this.#counters.handlerFaults++;
    this.#report({ err: cause, room: this.#host.room, type: this.#host.type.name, member: member?.number }, handler);
    return new Rejection('internal', null);
  }

  /** A client can make a handler throw as often as it may send, so that not each time is worth a line. */
  #report(where: object, handler: string): void {
    const now = this.#clock.now();
    if (now < this.#reportNotBefore) {
      this.#unreported++;
      return;
    }
    this.#log.error({ ...where, unreported: this.#unreported }, `${handler} threw; nothing of it was kept`);
    this.#reportNotBefore = now + REPORT_EVERY_MS;
    this.#unreported = 0;
  }

  #facade(): Room {
    const host = this.#host;
    const clock = this.#clock;
    const inside = (): void => {
      if (!this.#running) throw new Error('a room may be used inside its handlers only');
    };
    return {
      name: host.room,
      type: host.type.name,
      members: host.roster.members,
      state: this.#typedState(inside),
      now: () => clock.now(),
      broadcast: (type, data) => {
        inside();
        const payload = new Writer(64);
        payload.bin(encodeMessage(type, data));
        host.outbox.message(0, 0, payload.bytes, 0, payload.pos);
      },
      send: (member, type, data) => {
        inside();
        const frame = encodeDirect(host.room, member.number, encodeMessage(type, data));
        host.outbox.reply(() => {
          const link = host.roster.get(member.number)?.link;
          return link ? () => link.send(frame) : null;
        });
      },
      reject: (code: ErrorCode, message?: string): never => {
        throw new Rejection(code, message ?? null);
      },
      remove: (member: RoomMember) => {
        inside();
        this.#after.push(() => {
          const found = host.roster.get(member.number);
          if (found) host.remove(found);
        });
      },
      close: (reason) => {
        inside();
        this.#after.push(() => host.close(reason));
      },
    };
  }

  #typedState(inside: () => void): TypedState<unknown> {
    const { state, outbox, stateBytesMax } = this.#host;
    return {
      get: (key) => {
        const stored = state.stored(key);
        if (stored === undefined) return undefined;
        return stored.simple === undefined ? decodePayload(stored.bytes) : copyAgain(stored.simple);
      },
      set: (key, value) => {
        inside();
        // A key of more characters than its byte limit can't fit; the exact check is only needed for the rest.
        if (key.length > KEY_BYTES_MAX || utf8Length(key) > KEY_BYTES_MAX) {
          throw new Rejection('too-large', `a state key has at most ${KEY_BYTES_MAX} bytes`);
        }
        const before = state.stored(key);
        const simple = simpleCopy(value);
        const bytes = simple === undefined ? encodePayload(value) : encodeSimple(simple);
        state.set(key, bytes, bytes.length <= SIMPLE_BYTES_MAX ? simple : undefined);
        if (state.bytes > stateBytesMax) {
          // The handler may catch it and go on.
          if (before === undefined) state.delete(key);
          else state.put(key, before);
          throw new Rejection('too-large', `the state has at most ${stateBytesMax} bytes`);
        }
        outbox.patched(key);
      },
      delete: (key) => {
        inside();
        const had = state.delete(key);
        if (had) outbox.patched(key);
        return had;
      },
      has: (key) => state.get(key) !== undefined,
      keys: () => state.keys(),
      get size() {
        return state.size;
      },
    };
  }
}

function encodeSimple(value: Simple): Uint8Array {
  scratch.reset();
  writeSimple(scratch, value);
  return scratch.take();
}

function readMessage(payload: Uint8Array): { type: string; data: unknown } {
  try {
    return decodeMessage(payload);
  } catch (cause) {
    throw new Rejection('forbidden', `the payload is not [type, data]: ${(cause as Error).message}`);
  }
}
