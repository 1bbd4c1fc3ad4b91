/**
 * The hub's twin with a network between: packets take their time (in order from one node to another), get lost, meet cut
 * pairs, and reach subscriptions that look alive and are dead until they are opened anew.
 */
import type { Mailbox, NodeKey } from '../../src/cluster/ports.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import { copyOf } from './copy-of.ts';
import type { Dice } from './dice.ts';
import { Line } from './line.ts';
import { describePacket } from './packet-text.ts';
import { type StoreAccess, StoreConnection } from './store/store-connection.ts';
import type { StoreLine } from './store/store-line.ts';
import type { StoreServer } from './store/store-server.ts';
import type { Subscription } from './store/subscribers.ts';
import type { Trace } from './trace.ts';

/** What goes from one node to another. */
interface Pair {
  readonly name: string;
  readonly line: Line;
  /** Nothing passes. */
  isCut: boolean;
}

export class PostOffice {
  lossChance = 0;
  delayMaxMs: number;
  lost = 0;
  delivered = 0;
  readonly #clock: VirtualClock;
  readonly #dice: Dice;
  readonly #trace: Trace;
  /** By sender, then by receiver. */
  readonly #pairs = new Map<string, Map<string, Pair>>();

  constructor(clock: VirtualClock, dice: Dice, trace: Trace, delayMaxMs: number) {
    this.#clock = clock;
    this.#dice = dice;
    this.#trace = trace;
    this.delayMaxMs = delayMaxMs;
  }

  cutPair(from: string, to: string): void {
    this.#pair(from, to).isCut = true;
  }

  mendPair(from: string, to: string): void {
    this.#pair(from, to).isCut = false;
  }

  /** Answers how many subscribers the server counts: a dead one looks alive to it as well. */
  publish({ subscribers }: StoreServer, from: string, to: string, packet: Uint8Array): number {
    const { name, line, isCut } = this.#pair(from, to);
    const heard = subscribers.count(to);
    if (isCut || this.#dice.chance(this.lossChance)) {
      this.lost++;
      this.#trace.step(name, 'packet-lost', () => describePacket(packet));
      return heard;
    }
    line.send(this.#dice.next() * this.delayMaxMs, () => {
      this.delivered++;
      this.#trace.bytes(name, 'packet', packet, () => describePacket(packet));
      subscribers.publish(to, packet);
    });
    return heard;
  }

  #pair(from: string, to: string): Pair {
    const known = this.#pairs.get(from)?.get(to);
    if (known) return known;
    const pair = { name: `${from}>${to}`, line: new Line(this.#clock), isCut: false };
    const receivers = this.#pairs.get(from) ?? new Map<string, Pair>();
    this.#pairs.set(from, receivers.set(to, pair));
    return pair;
  }
}

/** A node's subscription, on a connection of its own. */
export class SimMailbox implements Mailbox {
  readonly #office: PostOffice;
  readonly #access: StoreAccess;
  readonly #line: StoreLine;
  readonly #connection: StoreConnection;
  readonly #onFault: (error: unknown) => void;
  #id = '?';
  #onPacket: (packet: Uint8Array) => void = () => {};
  #subscription: Subscription | null = null;
  #isDeaf = false;

  constructor(
    node: NodeKey,
    office: PostOffice,
    access: StoreAccess,
    line: StoreLine,
    dice: Dice,
    onFault: (error: unknown) => void,
  ) {
    this.#office = office;
    this.#access = access;
    this.#line = line;
    this.#onFault = onFault;
    this.#connection = new StoreConnection(access, node, false, dice, {
      onUp: (server) => this.#subscribe(server),
      onDown: () => this.#drop(),
    });
  }

  async open(nodeId: string, onPacket: (packet: Uint8Array) => void): Promise<void> {
    this.#id = nodeId;
    this.#onPacket = onPacket;
    await this.#connection.connect();
  }

  publish(nodeId: string, packet: Uint8Array): Promise<number> {
    const copy = copyOf(packet);
    return this.#line.call('PUBLISH', (server) => this.#office.publish(server, this.#id, nodeId, copy));
  }

  async reconnect(): Promise<void> {
    if (!(await this.#connection.connect())) throw new Error('the store is away');
  }

  async close(): Promise<void> {
    this.#connection.close();
  }

  /** Half open: the store sends, nothing arrives. */
  goDeaf(): void {
    this.#isDeaf = true;
  }

  #drop(): void {
    const subscription = this.#subscription;
    this.#subscription = null;
    if (subscription) this.#access.path.pass('there', subscription.end);
  }

  #subscribe({ subscribers }: StoreServer): void {
    const { path, process } = this.#access;
    const onPacket = (packet: Uint8Array): void => {
      path.pass('back', () => {
        process.arrive(() => {
          if (subscription === this.#subscription) this.#receive(packet);
        });
      });
    };
    const subscription: Subscription = subscribers.add(this.#id, onPacket);
    this.#subscription = subscription;
    this.#isDeaf = false;
  }

  #receive(packet: Uint8Array): void {
    if (this.#isDeaf) return;
    try {
      this.#onPacket(packet);
    } catch (error) {
      this.#onFault(error);
    }
  }
}
