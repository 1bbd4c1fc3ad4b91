import { unreachable } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import { decodeMessage, decodePayload, encodeMessage, encodePayload } from '../protocol/payload.ts';
import type { ServerEvent } from '../protocol/server-reader.ts';
import type { ClientCore } from './client-core.ts';
import { Emitter } from './emitter.ts';
import type { RoomObserver, SnapshotKind } from './observer.ts';
import type { RoomCore } from './room-core.ts';
import { RoomState } from './room-state.ts';
import type { Member } from './room-view.ts';
import { clientError, type RoomcastError } from './roomcast-error.ts';
import { quiet } from './settled.ts';

export interface RoomMember {
  readonly user: string;
  /** `away`: its connection is lost; it leaves when its grace time is over. */
  readonly status: 'here' | 'away';
  /** What it handed to `join`; null when nothing, or nothing readable. */
  readonly meta: unknown;
}

export type MemberChange = 'joined' | 'left' | 'away' | 'back';

/** Names that `on` takes for the room's own events; messages of such a type can't be sent. */
const RESERVED = new Set(['*', 'sync', 'member', 'closed']);

/** A room that this client is in, until `closed` or `leave`. Reconnects pass unnoticed, but for `member` events. */
export class Room {
  readonly name: string;
  readonly state: RoomState;
  /** Members by number, this client included. Empty where the room's type turns presence off. */
  readonly members: ReadonlyMap<number, RoomMember>;
  readonly #log: Logger;
  readonly #core: RoomCore;
  readonly #emitter: Emitter;
  readonly #stateEmitter: Emitter;
  readonly #members = new Map<number, RoomMember>();
  /** The map that the listeners of `state` know, to tell what a snapshot changed. */
  #shown: ReadonlyMap<string, Uint8Array> = new Map();

  /** Made by `Client.join`, which waits for `joined`. */
  constructor(client: ClientCore, clock: Clock, log: Logger, name: string, meta: unknown) {
    this.name = name;
    this.#log = log;
    this.members = this.#members;
    this.#emitter = new Emitter(clock);
    this.#stateEmitter = new Emitter(clock);
    this.#core = client.join(name, meta === undefined ? null : encodePayload(meta), this.#observer());
    this.state = new RoomState(this.#core, this.#stateEmitter);
  }

  /** This client's member number: the same through all reconnects. */
  get me(): number {
    return this.#core.me;
  }

  get joined(): Promise<void> {
    return this.#core.joined;
  }

  /** A message of that type; `member` is its sender's number, 0 for the room itself. */
  on(type: string, handler: (data: unknown, member: number) => void): () => void;
  /** Every message. */
  on(event: '*', handler: (type: string, data: unknown, member: number) => void): () => void;
  /** Members and state were replaced by the server's, and events in between are not reported one by one. */
  on(event: 'sync', handler: (kind: SnapshotKind) => void): () => void;
  /** `member` is as it is now; for `left`, as it was. */
  on(event: 'member', handler: (change: MemberChange, number: number, member: RoomMember) => void): () => void;
  /** The room is over for this client: closed, removed, refused after a reconnect, or the client was closed. */
  on(event: 'closed', handler: (error: RoomcastError) => void): () => void;
  on(name: string, handler: (...args: never[]) => void): () => void {
    return this.#emitter.on(name, handler);
  }

  off(name: string, handler: (...args: never[]) => void): void {
    this.#emitter.off(name, handler);
  }

  /**
   * Resolves when the message has taken effect, exactly once, whatever happens to connections and nodes meanwhile.
   * Rejects with RoomcastError; one that nobody awaits fails without a sound. Throws PayloadFault for what is no plain
   * data, which is a fault of the caller.
   */
  send(type: string, data: unknown = null): Promise<void> {
    if (RESERVED.has(type)) return quiet(Promise.reject(clientError('bad-argument', `"${type}" is a reserved name`)));
    return this.#core.sendRaw(encodeMessage(type, data));
  }

  /** Ends the membership when the commands given so far are done. Resolves when the room is left. */
  leave(): Promise<void> {
    return this.#core.leave();
  }

  get isOver(): boolean {
    return this.#core.phase === 'over';
  }

  get isLeaving(): boolean {
    return this.#core.phase === 'leaving';
  }

  #observer(): RoomObserver {
    return {
      onSnapshot: (kind) => this.#onSnapshot(kind),
      onEvent: (_seq, event, member) => this.#onEvent(event, member),
      // The frame names the member that it is for; it comes from the room.
      onDirect: (_member, payload) => this.#onMessage(0, payload),
      onOver: (error) => {
        if (error.code !== 'left') this.#emitter.emit('closed', error);
      },
    };
  }

  #onSnapshot(kind: SnapshotKind): void {
    this.#members.clear();
    for (const [number, member] of this.#core.roster) this.#members.set(number, this.#decode(member));
    const before = this.#shown;
    this.#shown = this.#core.state;
    this.#emitter.emit('sync', kind);
    if (!this.#stateEmitter.has('change')) return;
    for (const key of new Set([...before.keys(), ...this.#shown.keys()])) {
      if (!sameBytes(before.get(key), this.#shown.get(key))) this.#stateEmitter.emit('change', key);
    }
  }

  #onEvent(event: ServerEvent, member: Member | null): void {
    switch (event.kind) {
      case 'message':
        this.#onMessage(event.member, event.payload);
        return;
      case 'state':
        for (const key of new Set([...event.set.keys(), ...event.del])) this.#stateEmitter.emit('change', key);
        return;
      case 'joined':
        this.#onMember('joined', event.member, member);
        return;
      case 'left':
        this.#onMember('left', event.member, member);
        return;
      case 'status':
        this.#onMember(member?.status === 'away' ? 'away' : 'back', event.member, member);
        return;
      default:
        unreachable(event);
    }
  }

  #onMember(change: MemberChange, number: number, member: Member | null): void {
    if (member === null) return; // a room without presence
    const decoded = this.#decode(member);
    if (change === 'left') this.#members.delete(number);
    else this.#members.set(number, decoded);
    this.#emitter.emit('member', change, number, decoded);
  }

  #onMessage(member: number, payload: Uint8Array): void {
    let message: { type: string; data: unknown };
    try {
      message = decodeMessage(payload);
    } catch (error) {
      this.#log.warn({ error, room: this.name, member }, 'a message that is not [type, data] was passed over');
      return;
    }
    // Another program may send what `send` refuses; it must not pass for an event of the room.
    if (!RESERVED.has(message.type)) this.#emitter.emit(message.type, message.data, member);
    this.#emitter.emit('*', message.type, message.data, member);
  }

  #decode({ user, status, meta }: Member): RoomMember {
    return { user, status, meta: meta === null ? null : this.#decodeMeta(meta) };
  }

  #decodeMeta(meta: Uint8Array): unknown {
    try {
      return decodePayload(meta);
    } catch {
      return null;
    }
  }
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
