/** One whole node in memory on a virtual clock, and real SDK clients that reach it through sockets made of nothing. */
import { expect } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import { seededRng } from '../../../src/base/rng.ts';
import { type Client, connect } from '../../../src/client/client.ts';
import type { Transport, WireHandlers } from '../../../src/client/ports.ts';
import type { ClientConnection } from '../../../src/gateway/connection.ts';
import type { SendResult, Socket } from '../../../src/gateway/socket.ts';
import { NodeCore } from '../../../src/node/node-core.ts';
import { lonePorts } from '../../../src/node/store-ports.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { readServerFrame, type ServerFrame } from '../../../src/protocol/server-reader.ts';
import type { RoomDefinition } from '../../../src/room/definition.ts';
import { RoomTypes } from '../../../src/room/types.ts';
import { noTokens } from '../../../src/session/access-token.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** Once the server's end is up, everything between the two ends arrives at the end of a turn, in order. */
class Pipe implements Socket {
  readonly #node: OneNode;
  readonly #client: WireHandlers;
  #connection: ClientConnection | null = null;
  #open = true;

  constructor(node: OneNode, client: WireHandlers) {
    this.#node = node;
    this.#client = client;
    node.clock.soon(() => {
      this.#connection = node.core.connections.accept(this);
      client.onOpen();
    });
  }

  send(frame: Uint8Array): SendResult {
    if (!this.#open) return 'dropped';
    const copy = frame.slice();
    this.#node.clock.soon(() => this.#client.onMessage(copy));
    return 'sent';
  }

  close(code: number, reason: string): void {
    if (!this.#open) return;
    this.#end();
    this.#node.clock.soon(() => this.#client.onClose(code, reason));
  }

  subscribe(topic: string): void {
    this.#node.listeners(topic).add(this);
  }

  unsubscribe(topic: string): void {
    this.#node.listeners(topic).delete(this);
  }

  bufferedBytes(): number {
    return 0;
  }

  cork(run: () => void): void {
    run();
  }

  fromClient(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.#node.clock.soon(() => {
      if (this.#open) this.#connection?.receive(copy, true);
    });
  }

  /** The client closes it, or the network did. */
  cut(code: number): void {
    if (!this.#open) return;
    this.#end();
    this.#connection?.closed();
    this.#node.clock.soon(() => this.#client.onClose(code, ''));
  }

  #end(): void {
    this.#open = false;
    this.#node.pipes.delete(this);
    for (const topic of this.#node.topics.values()) topic.delete(this);
  }
}

export class OneNode {
  readonly clock = new VirtualClock();
  readonly topics = new Map<string, Set<Pipe>>();
  readonly pipes = new Set<Pipe>();
  readonly errors: string[] = [];
  readonly core: NodeCore;
  readonly #clients: Client[] = [];

  private constructor(definition: RoomDefinition) {
    const { clock } = this;
    const graceMs = 30_000;
    const log: Logger = { ...silentLogger, error: (_fields, text) => void this.errors.push(text) };
    let random = 0;
    this.core = new NodeCore(
      {
        stores: lonePorts(clock),
        clock,
        rng: seededRng(1),
        randomBytes: (count) => new Uint8Array(count).fill(++random),
        log,
        counters: new Counters(),
        publisher: {
          publish: (topic, frame) => {
            for (const pipe of this.listeners(topic)) pipe.send(frame);
          },
        },
        tokens: noTokens,
        types: new RoomTypes([definition], new Map(), { open: false, graceMs }),
        isStoreUp: () => true,
        standing: () => 'alone',
        utilization: () => 0,
      },
      {
        id: 'node1',
        incarnation: 'a',
        sessionSecret: 'a secret of the tests, 32 characters or more',
        sessionTtlMs: 86_400_000,
        storeTimeoutMs: 1_000,
        limits: DEFAULT_LIMITS,
        joinsPerSec: 2_000,
        backpressureBytesMax: 2_097_152,
        historyBytesMax: 131_072,
        flushIntervalMaxMs: 10,
        snapshotDebounceMs: 200,
        snapshotLatestMs: 1_000,
        roomIdleMs: 10_000,
        roomTtlActiveMs: 3_600_000,
        roomTtlWaitingMs: 1_800_000,
        nodeHeartbeatMs: 1_000,
        nodeTtlMs: 3_000,
        peerHeartbeatMs: 250,
        drainTimeoutMs: 30_000,
      },
    );
  }

  static async start(definition: RoomDefinition): Promise<OneNode> {
    const node = new OneNode(definition);
    await node.core.start();
    return node;
  }

  listeners(topic: string): Set<Pipe> {
    const listeners = this.topics.get(topic) ?? new Set();
    this.topics.set(topic, listeners);
    return listeners;
  }

  async client(): Promise<Client> {
    const connecting = connect('ws://node1/ws', {
      ports: { clock: this.clock, rng: seededRng(this.#clients.length + 1), transport: this.#transport() },
    });
    const client = await this.run(connecting);
    this.#clients.push(client);
    return client;
  }

  /** A client that says what bytes it likes, and keeps what it hears. */
  rawClient(): { say(...frames: Uint8Array[]): void; readonly heard: ServerFrame[] } {
    const heard: ServerFrame[] = [];
    const nothing = (): void => {};
    const onMessage = (bytes: Uint8Array): void => void heard.push(readServerFrame(bytes));
    const wire = this.#transport().connect('ws://node1/ws', { onOpen: nothing, onMessage, onClose: nothing });
    return { say: (...frames) => frames.forEach((frame) => void wire.send(frame)), heard };
  }

  /** Lets time pass until the promise has come out. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let pending = true;
    const settled = promise.finally(() => {
      pending = false;
    });
    settled.catch(() => {});
    for (let steps = 0; pending && steps < 1_000; steps++) await this.clock.run(10);
    expect(pending, 'the promise came out within 10 s').toBe(false);
    return settled;
  }

  /** Everybody's connection is lost. */
  cutAll(): void {
    for (const pipe of [...this.pipes]) pipe.cut(1006);
  }

  /** Closes everything; what still holds a timer then is a leak. */
  async stop(): Promise<void> {
    for (const client of this.#clients) client.close();
    this.cutAll();
    await this.run(this.core.stop('the test is over'));
    await this.clock.idle();
    expect(this.clock.timers, 'timers left').toBe(0);
  }

  #transport(): Transport {
    return {
      connect: (_url, handlers) => {
        const pipe = new Pipe(this, handlers);
        this.pipes.add(pipe);
        return {
          send: (bytes) => pipe.fromClient(bytes),
          close: () => pipe.cut(1000),
        };
      },
    };
  }
}
