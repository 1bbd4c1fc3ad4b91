import { must } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { copyBytes } from './memory-store.ts';
import type { Mailbox } from './ports.ts';

/** Undelivered bytes per mailbox; beyond it packets are lost, as where Redis cuts a subscriber (its default too). */
const PENDING_BYTES_MAX = 32 * 1024 * 1024;

/**
 * Redis' pub/sub in one process: a packet goes to all mailboxes open under the id at that moment, and arrives at the
 * end of the event-loop turn, in order.
 */
export class MemoryMailboxHub {
  readonly #clock: Clock;
  readonly #open = new Map<string, Set<Subscription>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  mailbox(): Mailbox {
    return new MemoryMailbox(this);
  }

  subscribe(nodeId: string, onPacket: (packet: Uint8Array) => void): Subscription {
    const subscription = new Subscription(this.#clock, nodeId, onPacket);
    const others = this.#open.get(nodeId);
    if (others === undefined) this.#open.set(nodeId, new Set([subscription]));
    else others.add(subscription);
    return subscription;
  }

  unsubscribe(subscription: Subscription): void {
    subscription.cut();
    const set = this.#open.get(subscription.nodeId);
    set?.delete(subscription);
    if (set?.size === 0) this.#open.delete(subscription.nodeId);
  }

  publish(nodeId: string, packet: Uint8Array): number {
    const receivers = this.#open.get(nodeId);
    if (receivers === undefined) return 0;
    for (const receiver of receivers) receiver.push(copyBytes(packet));
    return receivers.size;
  }
}

class Subscription {
  readonly nodeId: string;
  readonly #clock: Clock;
  readonly #onPacket: (packet: Uint8Array) => void;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #cut = false;

  constructor(clock: Clock, nodeId: string, onPacket: (packet: Uint8Array) => void) {
    this.#clock = clock;
    this.nodeId = nodeId;
    this.#onPacket = onPacket;
  }

  push(packet: Uint8Array): void {
    if (this.#pendingBytes + packet.length > PENDING_BYTES_MAX) return;
    this.#pendingBytes += packet.length;
    this.#pending.push(packet);
    if (this.#pending.length === 1) this.#clock.soon(() => this.#deliver());
  }

  /** What is under way is lost, as with a connection that drops. */
  cut(): void {
    this.#cut = true;
    this.#pending = [];
    this.#pendingBytes = 0;
  }

  #deliver(): void {
    const packets = this.#pending;
    this.#pending = [];
    this.#pendingBytes = 0;
    for (const packet of packets) if (!this.#cut) this.#onPacket(packet);
  }
}

class MemoryMailbox implements Mailbox {
  readonly #hub: MemoryMailboxHub;
  #nodeId: string | null = null;
  #onPacket: ((packet: Uint8Array) => void) | null = null;
  #subscription: Subscription | null = null;

  constructor(hub: MemoryMailboxHub) {
    this.#hub = hub;
  }

  async open(nodeId: string, onPacket: (packet: Uint8Array) => void): Promise<void> {
    this.#drop();
    this.#nodeId = nodeId;
    this.#onPacket = onPacket;
    this.#subscription = this.#hub.subscribe(nodeId, onPacket);
  }

  async publish(nodeId: string, packet: Uint8Array): Promise<number> {
    return this.#hub.publish(nodeId, packet);
  }

  async reconnect(): Promise<void> {
    await this.open(must(this.#nodeId, 'an open mailbox'), must(this.#onPacket, 'an open mailbox'));
  }

  async close(): Promise<void> {
    this.#drop();
  }

  #drop(): void {
    if (this.#subscription !== null) this.#hub.unsubscribe(this.#subscription);
    this.#subscription = null;
  }
}
