/** Who listens at one Redis server, in one life of it. */
import { MemoryMailboxHub } from '../../../src/cluster/memory-mailbox.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';

export interface Subscription {
  readonly end: () => void;
}

export class Subscribers {
  readonly #hub: MemoryMailboxHub;
  readonly #open = new Map<string, Set<Subscription>>();

  constructor(clock: VirtualClock) {
    this.#hub = new MemoryMailboxHub(clock);
  }

  get size(): number {
    let size = 0;
    for (const subscriptions of this.#open.values()) size += subscriptions.size;
    return size;
  }

  add(id: string, onPacket: (packet: Uint8Array) => void): Subscription {
    const mailbox = this.#hub.mailbox();
    const there = this.#open.get(id) ?? new Set();
    const subscription: Subscription = {
      end: () => {
        there.delete(subscription);
        void mailbox.close();
      },
    };
    this.#open.set(id, there.add(subscription));
    void mailbox.open(id, onPacket);
    return subscription;
  }

  /** As PUBLISH answers it. */
  count(id: string): number {
    return this.#open.get(id)?.size ?? 0;
  }

  publish(id: string, packet: Uint8Array): void {
    this.#hub.publish(id, packet);
  }
}
