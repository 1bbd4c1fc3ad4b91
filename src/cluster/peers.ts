/**
 * Messages between nodes, over a mailbox that may lose.
 *
 * Everything posted to a node within one event-loop turn goes out as one packet:
 * `[version, from, incarnation, to, stream, counter, messages]`. The counter runs per direction; a small heartbeat carries
 * the last one, so a lost packet is noticed within one beat even when nothing follows it. Nothing is sent again here:
 * `onHole` tells the rooms, and the two ends heal it (DESIGN, idea 4). Packets that come twice or late are dropped.
 *
 * Each node also beats to itself: when its own beat stays away for 3 beats, its subscription is dead although the
 * connection looks alive, and is opened anew. The time that it takes is the lag of the way.
 */
import type { Clock, Timer } from '../base/clock.ts';
import type { Counters } from '../base/counters.ts';
import type { Logger } from '../base/logger.ts';
import { Reader } from '../protocol/reader.ts';
import { Writer } from '../protocol/writer.ts';
import { nodeId, nodeKey } from './node-key.ts';
import type { Mailbox, NodeKey } from './ports.ts';
import { RelayLag } from './relay-lag.ts';

const PACKET_VERSION = 1;
/** A packet that has grown to this goes out before the turn ends. Redis cuts subscribers by bytes waiting (guess). */
const PACKET_BYTES = 256 * 1024;
/** A sender not heard of for this long is forgotten, unless membership knows it. */
const FORGET_AFTER_MS = 60_000;
const BEATS_UNTIL_DEAD = 3;

export interface PeerEvents {
  /** A packet of that node came, with messages or without; not one from the past. Comes before what is in it. */
  onHeard(from: NodeKey): void;
  /** One message; the reader stands at its start and the handler reads exactly that value. Its bytes may be kept. */
  onMessage(from: NodeKey, message: Reader): void;
  /** Packets of that node were lost on the way here. Comes before the first message after the hole. */
  onHole(from: NodeKey): void;
  /** Nobody received a packet for that node. */
  onUnheard(to: NodeKey): void;
}

export interface PeersOptions {
  readonly heartbeatMs: number;
}

interface Outgoing {
  readonly to: NodeKey;
  readonly id: string;
  readonly messages: Writer;
  count: number;
  /** When this counter began, in µs: one begun anew, after the peer was given up, is told from its old self. */
  readonly stream: number;
  counter: number;
}

interface Incoming {
  stream: number;
  counter: number;
  heardAt: number;
}

export class Peers {
  readonly lag = new RelayLag();
  readonly #mailbox: Mailbox;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #counters: Counters;
  readonly #id: string;
  readonly #incarnation: string;
  readonly #self: NodeKey;
  readonly #events: PeerEvents;
  readonly #options: PeersOptions;
  readonly #outgoing = new Map<NodeKey, Outgoing>();
  readonly #incoming = new Map<NodeKey, Incoming>();
  readonly #pending = new Set<Outgoing>();
  readonly #packet = new Writer(4096);
  readonly #reader = new Reader();
  #targets: ReadonlySet<NodeKey> = new Set();
  #flushScheduled = false;
  #beat: Timer | null = null;
  #selfHeardAt = 0;
  #reconnecting = false;
  #stopped = false;

  constructor(
    mailbox: Mailbox,
    clock: Clock,
    log: Logger,
    counters: Counters,
    self: { readonly id: string; readonly incarnation: string },
    events: PeerEvents,
    options: PeersOptions,
  ) {
    this.#mailbox = mailbox;
    this.#clock = clock;
    this.#log = log;
    this.#counters = counters;
    this.#id = self.id;
    this.#incarnation = self.incarnation;
    this.#self = nodeKey(self.id, self.incarnation);
    this.#events = events;
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#selfHeardAt = this.#clock.now();
    this.#beat = this.#clock.every(this.#options.heartbeatMs, () => this.#heartbeat());
    await this.#mailbox.open(this.#id, (packet) => this.#receive(packet));
  }

  async stop(): Promise<void> {
    this.flush();
    this.#stopped = true;
    this.#beat?.cancel();
    await this.#mailbox.close();
  }

  /** The nodes that get heartbeats from now on. */
  setTargets(nodes: readonly NodeKey[]): void {
    this.#targets = new Set(nodes.filter((node) => node !== this.#self));
    for (const to of this.#outgoing.keys()) if (!this.#targets.has(to) && to !== this.#self) this.#outgoing.delete(to);
    for (const outgoing of this.#pending) if (!this.#outgoing.has(outgoing.to)) this.#pending.delete(outgoing);
  }

  /** Adds one message to the packet of this turn. `write` writes exactly one value. */
  post(to: NodeKey, write: (message: Writer) => void): void {
    const outgoing = this.#to(to);
    write(outgoing.messages);
    outgoing.count++;
    this.#pending.add(outgoing);
    if (outgoing.messages.pos >= PACKET_BYTES) return this.#send(outgoing);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    this.#clock.soon(() => this.flush());
  }

  /** Sends what is posted. The rooms call it at the end of their own flush, so that both make one turn. */
  flush(): void {
    this.#flushScheduled = false;
    for (const outgoing of this.#pending) this.#send(outgoing);
  }

  #to(to: NodeKey): Outgoing {
    let outgoing = this.#outgoing.get(to);
    if (!outgoing) {
      const stream = microseconds(this.#clock.now());
      outgoing = { to, id: nodeId(to), messages: new Writer(1024), count: 0, stream, counter: 0 };
      this.#outgoing.set(to, outgoing);
    }
    return outgoing;
  }

  #send(outgoing: Outgoing): void {
    this.#pending.delete(outgoing);
    if (this.#stopped) return;
    // An empty packet is a heartbeat: it repeats the last counter.
    if (outgoing.count > 0) outgoing.counter++;
    // To itself nothing is counted, so the place says when the beat was sent.
    const stream = outgoing.to === this.#self ? microseconds(this.#clock.now()) : outgoing.stream;
    const packet = this.#packet;
    packet.reset();
    packet.array(7);
    packet.uint(PACKET_VERSION);
    packet.str(this.#id);
    packet.str(this.#incarnation);
    packet.str(outgoing.to);
    packet.uint(stream);
    packet.uint(outgoing.counter);
    packet.array(outgoing.count);
    packet.raw(outgoing.messages.bytes, 0, outgoing.messages.pos);
    outgoing.messages.reset();
    outgoing.count = 0;
    this.#counters.packetsOut++;
    // A failed publish needs no care of its own: the counter moved on, so the other end sees the hole.
    this.#mailbox.publish(outgoing.id, packet.take()).then(
      (heard) => {
        if (heard === 0 && !this.#stopped) this.#events.onUnheard(outgoing.to);
      },
      () => {
        this.#counters.packetsFailed++;
      },
    );
  }

  #heartbeat(): void {
    const now = this.#clock.now();
    this.#send(this.#to(this.#self));
    for (const target of this.#targets) this.#send(this.#to(target));
    for (const [from, incoming] of this.#incoming) {
      if (!this.#targets.has(from) && now - incoming.heardAt > FORGET_AFTER_MS) this.#incoming.delete(from);
    }
    const deaf = now - this.#selfHeardAt > BEATS_UNTIL_DEAD * this.#options.heartbeatMs;
    if (deaf && !this.#reconnecting) void this.#resubscribe();
  }

  async #resubscribe(): Promise<void> {
    this.#reconnecting = true;
    this.#counters.subscriptionsRenewed++;
    try {
      await this.#mailbox.reconnect();
      this.#log.warn({}, 'own heartbeats stayed away: subscribed anew');
    } catch (cause) {
      this.#log.debug({ err: cause }, 'could not subscribe anew; the next beats try again');
    } finally {
      this.#selfHeardAt = this.#clock.now();
      this.#reconnecting = false;
    }
  }

  #receive(bytes: Uint8Array): void {
    if (this.#stopped) return;
    const reader = this.#reader;
    let from: NodeKey | null = null;
    try {
      reader.reset(bytes);
      if (reader.array('packet') !== 7 || reader.uint('version') !== PACKET_VERSION) return this.#refuse('version');
      from = nodeKey(reader.str('from'), reader.str('incarnation'));
      // Meant for an earlier life of this node: its rooms and counters are not ours.
      if (reader.str('to') !== this.#self) return;
      const stream = reader.uint('stream');
      const counter = reader.uint('counter');
      const messages = reader.array('messages');
      if (!this.#count(from, stream, counter, messages > 0)) return;
      this.#counters.packetsIn++;
      this.#events.onHeard(from);
      for (let i = 0; i < messages; i++) this.#events.onMessage(from, reader);
    } catch (cause) {
      this.#refuse('content', cause);
      if (from !== null) this.#events.onHole(from);
    }
  }

  /** Moves the sender's counter on; answers false for a packet from the past. */
  #count(from: NodeKey, stream: number, counter: number, hasMessages: boolean): boolean {
    const now = this.#clock.now();
    if (from === this.#self) {
      this.#selfHeardAt = now;
      this.lag.note(Math.max(0, now - stream / 1000));
      return false;
    }
    let incoming = this.#incoming.get(from);
    if (!incoming) {
      incoming = { stream, counter: 0, heardAt: now };
      this.#incoming.set(from, incoming);
    }
    if (stream < incoming.stream) return false;
    incoming.heardAt = now;
    // The sender had given us up: how its old stream ended can't be known.
    const isNewStream = stream > incoming.stream;
    if (isNewStream) incoming.counter = 0;
    incoming.stream = stream;
    const expected = hasMessages ? incoming.counter + 1 : incoming.counter;
    if (counter < expected) return false;
    incoming.counter = counter;
    if (counter > expected || isNewStream) {
      this.#counters.packetHoles++;
      this.#events.onHole(from);
    }
    return true;
  }

  #refuse(what: string, cause?: unknown): void {
    this.#counters.packetsRefused++;
    this.#log.error({ err: cause, what }, 'a packet from another node could not be read');
  }
}

function microseconds(ms: number): number {
  return Math.floor(ms * 1000);
}
