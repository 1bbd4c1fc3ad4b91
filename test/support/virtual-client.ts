/** A client without a network: its socket is an array of frames, and what it says reaches the node in the same call. */
import type { ClientConnection } from '../../src/gateway/connection.ts';
import type { SendResult, Socket } from '../../src/gateway/socket.ts';
import {
  encodeHello,
  encodeJoin,
  encodeLeave,
  encodeSend,
  encodeSet,
  type Since,
} from '../../src/protocol/client-writer.ts';
import { encodeMessage } from '../../src/protocol/payload.ts';
import { readServerFrame, type ServerEvent, type ServerFrame } from '../../src/protocol/server-reader.ts';
import type { Publisher } from '../../src/room/ports.ts';

type FrameOf<Op extends ServerFrame['op']> = Extract<ServerFrame, { op: Op }>;

const text = new TextDecoder();
const utf8 = new TextEncoder();

/** A node's native fan-out. */
export class VirtualTopics implements Publisher {
  readonly #sockets = new Map<string, Set<Pick<Socket, 'send'>>>();

  publish(topic: string, frame: Uint8Array): void {
    for (const socket of this.#sockets.get(topic) ?? []) socket.send(frame);
  }

  add(topic: string, socket: Pick<Socket, 'send'>): void {
    const sockets = this.#sockets.get(topic);
    if (sockets) sockets.add(socket);
    else this.#sockets.set(topic, new Set([socket]));
  }

  remove(topic: string, socket: Pick<Socket, 'send'>): void {
    this.#sockets.get(topic)?.delete(socket);
  }
}

class VirtualSocket implements Socket {
  readonly frames: ServerFrame[] = [];
  readonly subscribed = new Set<string>();
  closed: { readonly code: number; readonly reason: string } | null = null;
  onClosed: () => void = () => {};
  readonly #topics: VirtualTopics;

  constructor(topics: VirtualTopics) {
    this.#topics = topics;
  }

  send(frame: Uint8Array): SendResult {
    if (this.closed === null) this.frames.push(readServerFrame(frame.slice()));
    return 'sent';
  }

  close(code: number, reason: string): void {
    if (this.closed !== null) return;
    this.closed = { code, reason };
    for (const topic of this.subscribed) this.#topics.remove(topic, this);
    this.subscribed.clear();
    this.onClosed();
  }

  subscribe(topic: string): void {
    this.subscribed.add(topic);
    this.#topics.add(topic, this);
  }

  unsubscribe(topic: string): void {
    this.subscribed.delete(topic);
    this.#topics.remove(topic, this);
  }

  bufferedBytes(): number {
    return 0;
  }

  cork(run: () => void): void {
    run();
  }
}

export class VirtualClient {
  readonly connection: ClientConnection;
  readonly #socket: VirtualSocket;
  #req = 0;

  constructor(topics: VirtualTopics, accept: (socket: Socket) => ClientConnection) {
    this.#socket = new VirtualSocket(topics);
    this.connection = accept(this.#socket);
    this.#socket.onClosed = () => this.connection.closed();
  }

  /** All frames so far that were not taken. */
  get frames(): readonly ServerFrame[] {
    return this.#socket.frames;
  }

  get closed(): { readonly code: number; readonly reason: string } | null {
    return this.#socket.closed;
  }

  get topics(): string[] {
    return [...this.#socket.subscribed];
  }

  say(frame: Uint8Array): void {
    this.connection.receive(frame, true);
  }

  hello(resume: string | null = null): this {
    this.say(encodeHello(null, resume));
    return this;
  }

  /** Answers the req. */
  join(room: string, since: Since | null = null, meta: string | null = null): number {
    this.say(encodeJoin(++this.#req, room, since, meta === null ? null : utf8.encode(meta)));
    return this.#req;
  }

  leave(room: string): number {
    this.say(encodeLeave(++this.#req, room));
    return this.#req;
  }

  send(room: string, cseq: number, payload: string): void {
    this.say(encodeSend(room, cseq, utf8.encode(payload)));
  }

  /** A message for the handlers of a defined room. */
  call(room: string, cseq: number, type: string, data: unknown = null): void {
    this.say(encodeSend(room, cseq, encodeMessage(type, data)));
  }

  set(room: string, cseq: number, set: Record<string, string>, del: readonly string[] = []): void {
    const entries = Object.entries(set).map(([key, value]) => [key, utf8.encode(value)] as const);
    this.say(encodeSet(room, cseq, entries, del));
  }

  /** The network is gone: the node sees the socket close. */
  drop(): void {
    this.#socket.close(1006, 'gone');
  }

  take(): ServerFrame[] {
    return this.#socket.frames.splice(0);
  }

  all<Op extends ServerFrame['op']>(op: Op): FrameOf<Op>[] {
    return this.frames.filter((frame): frame is FrameOf<Op> => frame.op === op);
  }

  /** The newest frame of this kind; throws with all that came instead. */
  last<Op extends ServerFrame['op']>(op: Op): FrameOf<Op> {
    const found = this.all(op).at(-1);
    if (found) return found;
    throw new Error(`no ${op} among: ${this.frames.map(({ op: other }) => other).join(', ') || 'nothing'}`);
  }

  /** Events so far as short texts, each under its seq: `5 1:hello` is what member 1 said. */
  events(room: string): string[] {
    return this.all('events')
      .filter((frame) => frame.room === room)
      .flatMap(({ first, events }) => events.map((event, i) => `${first + i} ${say(event)}`));
  }

  get resume(): string {
    return this.last('welcome').resume;
  }
}

function say(event: ServerEvent): string {
  switch (event.kind) {
    case 'message':
      return `${event.member}:${text.decode(event.payload)}`;
    case 'joined':
      return `+${event.member}`;
    case 'left':
      return `-${event.member} ${event.reason}`;
    case 'status':
      return `${event.member} ${event.status === 1 ? 'here' : 'away'}`;
    case 'state':
      return `${event.member} set ${[...event.set].map(([key, value]) => `${key}=${text.decode(value)}`)} del ${event.del}`;
  }
}

export function stateOf(frame: { readonly state: ReadonlyMap<string, Uint8Array> | null }): Record<string, string> {
  return Object.fromEntries([...(frame.state ?? [])].map(([key, value]) => [key, text.decode(value)]));
}
