/** One life of a node in the world: its core with virtual sockets, store and cluster, from start to stop or crash. */
import { Counters } from '../../src/base/counters.ts';
import type { Logger } from '../../src/base/logger.ts';
import { nodeKey } from '../../src/cluster/node-key.ts';
import { NodeCore, type NodeCoreOptions } from '../../src/node/node-core.ts';
import { noTokens } from '../../src/session/access-token.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './dice.ts';
import { ProcessClock } from './process-clock.ts';
import type { SimLink } from './sim-link.ts';
import { type PostOffice, SimMailbox } from './sim-mailbox.ts';
import { simTypes } from './sim-rooms.ts';
import { SimSocket } from './sim-socket.ts';
import { simPorts } from './sim-store.ts';
import type { StoreDeployment } from './store/deployment.ts';
import { Path } from './store/path.ts';
import type { StoreAccess } from './store/store-connection.ts';
import { StoreLine } from './store/store-line.ts';
import { Topics } from './topics.ts';
import type { Trace } from './trace.ts';

export interface SimNodeSurroundings {
  readonly clock: VirtualClock;
  readonly dice: Dice;
  readonly trace: Trace;
  readonly office: PostOffice;
  readonly deployment: StoreDeployment;
  readonly onPublish: (node: string, topic: string, frame: Uint8Array) => void;
  /** The node's log at level error: something that must not happen in any run. */
  readonly onError: (node: string, text: string) => void;
  readonly turnMaxMs: number;
  /** How busy the node believes its event loop to be, 0 to 1: it keeps flushes apart by that. */
  readonly utilization: number;
  readonly graceMs: number;
  readonly storeLatencyMaxMs: number;
}

export type NodeState = 'running' | 'stopping' | 'stopped' | 'crashed';

/** Sockets that were told to close get this long, as in `start-node.ts`. */
const CLOSING_MS = 200;

export class SimNode {
  readonly key: string;
  readonly id: string;
  readonly core: NodeCore;
  readonly counters = new Counters();
  /** Frames that sockets of links now over had no buffer for. */
  dropped = 0;
  vanished = 0;
  readonly process: ProcessClock;
  readonly line: StoreLine;
  readonly mailbox: SimMailbox;
  /** Its way to the store. */
  readonly access: StoreAccess;
  readonly #around: SimNodeSurroundings;
  readonly #topics: Topics;
  readonly #links = new Set<SimLink>();
  readonly #backpressureBytesMax: number;
  #started: Promise<void> = Promise.resolve();
  #isListening = false;
  #state: NodeState = 'running';

  constructor(around: SimNodeSurroundings, options: Omit<NodeCoreOptions, 'storeTimeoutMs'>) {
    const { clock, trace, office, deployment } = around;
    const dice = around.dice.fork();
    const process = new ProcessClock(clock, dice.fork(), around.turnMaxMs);
    this.#around = around;
    this.id = options.id;
    this.process = process;
    this.#backpressureBytesMax = options.backpressureBytesMax;
    this.key = nodeKey(options.id, options.incarnation);
    this.access = { clock, process, deployment, path: new Path(), latencyMaxMs: around.storeLatencyMaxMs };
    this.line = new StoreLine(this.key, this.access, dice.fork(), trace);
    const onFault = (error: unknown): void => around.onError(this.key, `a packet: ${String(error)}`);
    this.mailbox = new SimMailbox(this.key, office, this.access, this.line, dice.fork(), onFault);
    this.#topics = new Topics(process, (topic, frame) => around.onPublish(this.key, topic, frame));
    this.core = new NodeCore(
      {
        stores: simPorts(this.mailbox, this.line, deployment),
        clock: process,
        rng: dice.fork(),
        randomBytes: (count) => dice.bytes(count),
        log: this.#logger(),
        counters: this.counters,
        publisher: this.#topics,
        tokens: noTokens,
        types: simTypes(dice.fork(), around.graceMs),
        isStoreUp: () => this.line.isUp,
        standing: () => 'shared',
        utilization: () => around.utilization,
      },
      { ...options, storeTimeoutMs: 1000 },
    );
    this.line.onUp(() => this.core.storeReturned());
  }

  get isListening(): boolean {
    return this.#isListening;
  }

  get state(): NodeState {
    return this.#state;
  }

  get links(): ReadonlySet<SimLink> {
    return this.#links;
  }

  start(): Promise<void> {
    this.#around.trace.step(this.key, 'start', () => '');
    this.#started = this.#start();
    return this.#started;
  }

  accept(link: SimLink): void {
    const socket = new SimSocket(link, this.#topics, this.#backpressureBytesMax);
    link.socket = socket;
    this.#links.add(link);
    socket.connection = this.core.connections.accept(socket);
    link.opened();
  }

  /** Forgets links that are over at both ends. */
  sweep(): void {
    for (const link of this.#links) if (!link.isOpen) this.#forget(link);
  }

  /** As a SIGTERM ends it. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    await this.#started;
    if (this.process.isPaused) await new Promise<void>((resolve) => this.process.arrive(resolve));
    this.#isListening = false;
    this.#around.trace.step(this.key, 'stop', () => '');
    await this.core.drain();
    await this.core.stop('the node is stopping');
    await new Promise<void>((resolve) => void this.#around.clock.after(CLOSING_MS, resolve));
    if (this.#state !== 'stopping') return;
    this.#state = 'stopped';
    this.line.close();
    for (const link of this.#links) if (link.socket?.isOpen === true) link.nodeDied();
    this.#around.trace.step(this.key, 'stopped', () => '');
  }

  /** Gone without a word. */
  crash(): void {
    if (this.#state === 'crashed') return;
    this.#around.trace.step(this.key, 'crash', () => '');
    this.#state = 'crashed';
    this.#isListening = false;
    this.process.kill();
    this.line.close();
    void this.mailbox.close();
    for (const link of this.#links) link.nodeDied();
    for (const link of this.#links) this.#forget(link);
  }

  async #start(): Promise<void> {
    await this.line.open();
    await this.core.start();
    if (this.#state === 'running') this.#isListening = true;
  }

  #forget(link: SimLink): void {
    this.#links.delete(link);
    this.dropped += link.dropped;
    this.vanished += link.vanished;
  }

  #logger(): Logger {
    const remark =
      (level: string) =>
      (fields: object, text: string): void => {
        this.#around.trace.remark(this.key, () => `(${level}) ${text} ${describe(fields)}`);
      };
    return {
      debug: remark('debug'),
      info: remark('info'),
      warn: remark('warn'),
      error: (fields, text) => {
        remark('error')(fields, text);
        // The one error that runs provoke on purpose.
        if (!text.endsWith('threw; nothing of it was kept'))
          this.#around.onError(this.key, `${text} ${describe(fields)}`);
      },
    };
  }
}

function describe(fields: object): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key}=${value instanceof Error ? (value.stack ?? value.message) : String(value)}`)
    .join(' ');
}
