/**
 * The hub's twin with a network between: packets take their time (in order from one node to another), get lost, meet cut
 * pairs, and reach subscriptions that look alive and are dead until they are opened anew.
 */
import type { MemoryMailboxHub } from '../../src/cluster/memory-mailbox.ts';
import type { Mailbox } from '../../src/cluster/ports.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { copyOf } from './copy-of.ts';
import type { Dice } from './dice.ts';
import { Line } from './line.ts';
import { describePacket } from './packet-text.ts';
import type { ProcessClock } from './process-clock.ts';
import type { StoreLine } from './store-line.ts';
import type { Trace } from './trace.ts';

export class PostOffice {
  lossChance = 0;
  delayMaxMs: number;
  lost = 0;
  delivered = 0;
  readonly #hub: MemoryMailboxHub;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #lines = new Map<string, Line>();
  /** `from>to` pairs that nothing passes. */
  readonly #cut = new Set<string>();
  readonly #open = new Map<string, Set<SimMailbox>>();

  constructor(hub: MemoryMailboxHub, clock: VirtualClock, dice: Dice, trace: Trace, delayMaxMs: number) {
    this.#hub = hub;
    this.#clock = clock;
    this.#dice = dice;
    this.#trace = trace;
    this.delayMaxMs = delayMaxMs;
  }

  mailbox(line: StoreLine, process: ProcessClock, onFault: (error: unknown) => void): SimMailbox {
    return new SimMailbox(this, this.#hub.mailbox(), this.#clock, line, process, onFault);
  }

  cutPair(from: string, to: string): void {
    this.#cut.add(`${from}>${to}`);
  }

  mendPair(from: string, to: string): void {
    this.#cut.delete(`${from}>${to}`);
  }

  opened(id: string, mailbox: SimMailbox): void {
    const there = this.#open.get(id) ?? new Set();
    this.#open.set(id, there.add(mailbox));
  }

  closed(id: string, mailbox: SimMailbox): void {
    this.#open.get(id)?.delete(mailbox);
  }

  /** Answers how many subscribers the store counts: a dead one looks alive to it as well. */
  async publish(from: string, to: string, packet: Uint8Array): Promise<number> {
    const pair = `${from}>${to}`;
    const heard = this.#open.get(to)?.size ?? 0;
    if (this.#cut.has(pair) || this.#dice.chance(this.lossChance)) {
      this.lost++;
      this.#trace.step(pair, 'packet-lost', () => describePacket(packet));
      return heard;
    }
    let line = this.#lines.get(pair);
    if (!line) {
      line = new Line(this.#clock);
      this.#lines.set(pair, line);
    }
    line.send(this.#dice.next() * this.delayMaxMs, () => {
      this.delivered++;
      this.#trace.bytes(pair, 'packet', packet, () => describePacket(packet));
      this.#hub.publish(to, packet);
    });
    return heard;
  }
}

export class SimMailbox implements Mailbox {
  readonly #office: PostOffice;
  readonly #inner: Mailbox;
  readonly #clock: VirtualClock;
  readonly #line: StoreLine;
  readonly #process: ProcessClock;
  readonly #onFault: (error: unknown) => void;
  #id: string | null = null;
  #onPacket: (packet: Uint8Array) => void = () => {};
  #isDeaf = false;
  #closed = false;

  constructor(
    office: PostOffice,
    inner: Mailbox,
    clock: VirtualClock,
    line: StoreLine,
    process: ProcessClock,
    onFault: (error: unknown) => void,
  ) {
    this.#office = office;
    this.#inner = inner;
    this.#clock = clock;
    this.#line = line;
    this.#process = process;
    this.#onFault = onFault;
    // The subscription's connection breaks with the other one, and comes back by itself.
    line.onChange((isUp) => {
      if (!isUp) this.#drop();
      else if (this.#id !== null) void this.#subscribe();
    });
  }

  async open(nodeId: string, onPacket: (packet: Uint8Array) => void): Promise<void> {
    this.#id = nodeId;
    this.#onPacket = onPacket;
    if (this.#line.isUp) await this.#subscribe();
  }

  publish(nodeId: string, packet: Uint8Array): Promise<number> {
    const copy = copyOf(packet);
    return this.#line.call('PUBLISH', () => this.#office.publish(this.#id ?? '?', nodeId, copy));
  }

  async reconnect(): Promise<void> {
    this.#drop();
    if (!this.#line.isUp) throw new Error('the store is away');
    await this.#subscribe();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop();
    this.#id = null;
  }

  /** Half open: the store sends, nothing arrives. */
  goDeaf(): void {
    this.#isDeaf = true;
  }

  #drop(): void {
    if (this.#id !== null) this.#office.closed(this.#id, this);
    void this.#inner.close();
  }

  async #subscribe(): Promise<void> {
    await new Promise<void>((resolve) => void this.#clock.after(this.#line.latencyMaxMs, resolve));
    const id = this.#id;
    if (this.#closed || id === null || !this.#line.isUp || !this.#process.isAlive) return;
    this.#isDeaf = false;
    await this.#inner.open(id, (packet) => this.#receive(packet));
    this.#office.opened(id, this);
  }

  #receive(packet: Uint8Array): void {
    if (!this.#process.isAlive || this.#isDeaf) return;
    try {
      this.#onPacket(packet);
    } catch (error) {
      this.#onFault(error);
    }
  }
}
