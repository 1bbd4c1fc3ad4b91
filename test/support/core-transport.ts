/** Connects SDK cores to the nodes of a `CoreCluster`, through a network that takes some ms and loses nothing. */
import type { Rng } from '../../src/base/rng.ts';
import type { Transport, Wire, WireHandlers } from '../../src/client/ports.ts';
import type { ClientConnection } from '../../src/gateway/connection.ts';
import type { SendResult, Socket } from '../../src/gateway/socket.ts';
import type { CoreNode } from './core-cluster.ts';
import type { VirtualClock } from './virtual-clock.ts';

const LATENCY_MIN_MS = 1;
const LATENCY_SPREAD_MS = 4;

export class CoreTransport implements Transport {
  readonly #clock: VirtualClock;
  readonly #rng: Rng;
  readonly #choose: () => CoreNode;
  readonly #sockets = new Set<TransportSocket>();

  /** `choose`: the node of the next connection, as a load balancer would. */
  constructor(clock: VirtualClock, rng: Rng, choose: () => CoreNode) {
    this.#clock = clock;
    this.#rng = rng;
    this.#choose = choose;
  }

  connect(_url: string, handlers: WireHandlers): Wire {
    const node = this.#choose();
    const latencyMs = LATENCY_MIN_MS + LATENCY_SPREAD_MS * this.#rng.next();
    const socket = new TransportSocket(this.#clock, node, handlers, latencyMs);
    this.#sockets.add(socket);
    return socket.wire;
  }

  /** The kernel of a crashed node closes its sockets. */
  crashed(node: CoreNode): void {
    for (const socket of this.#sockets) {
      if (socket.node !== node) continue;
      this.#sockets.delete(socket);
      socket.reset();
    }
  }
}

/** Both ends of one connection. Everything takes its one latency, so nothing overtakes. */
class TransportSocket implements Socket {
  readonly node: CoreNode;
  readonly #clock: VirtualClock;
  readonly #client: WireHandlers;
  readonly #latencyMs: number;
  readonly #topics = new Set<string>();
  #connection: ClientConnection | null = null;
  #isOpen = true;
  /** The client has closed it, or heard of its end. */
  #isClientOpen = true;

  constructor(clock: VirtualClock, node: CoreNode, client: WireHandlers, latencyMs: number) {
    this.node = node;
    this.#clock = clock;
    this.#client = client;
    this.#latencyMs = latencyMs;
    this.#atNode(() => {
      this.#connection = node.core.connections.accept(this);
      this.#atClient(() => client.onOpen());
    });
  }

  readonly wire: Wire = {
    send: (bytes) => this.#atNode(() => this.#connection?.receive(bytes, true)),
    close: () => {
      this.#isClientOpen = false;
      this.#atNode(() => {
        this.#end();
        this.#connection?.closed();
      });
    },
  };

  send(frame: Uint8Array): SendResult {
    const copy = frame.slice();
    this.#atClient(() => this.#client.onMessage(copy));
    return 'sent';
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return;
    this.#end();
    this.#tellEnd(code, reason);
    this.#connection?.closed();
  }

  reset(): void {
    this.#isOpen = false;
    this.#tellEnd(1006, '');
  }

  subscribe(topic: string): void {
    this.#topics.add(topic);
    this.node.topics.add(topic, this);
  }

  unsubscribe(topic: string): void {
    this.#topics.delete(topic);
    this.node.topics.remove(topic, this);
  }

  bufferedBytes(): number {
    return 0;
  }

  cork(run: () => void): void {
    run();
  }

  #tellEnd(code: number, reason: string): void {
    this.#atClient(() => {
      this.#isClientOpen = false;
      this.#client.onClose(code, reason);
    });
  }

  #atNode(task: () => void): void {
    this.#clock.after(this.#latencyMs, () => {
      if (this.#isOpen && !this.node.isOver) task();
    });
  }

  #atClient(task: () => void): void {
    this.#clock.after(this.#latencyMs, () => {
      if (this.#isClientOpen) task();
    });
  }

  #end(): void {
    this.#isOpen = false;
    for (const topic of this.#topics) this.node.topics.remove(topic, this);
    this.#topics.clear();
  }
}
