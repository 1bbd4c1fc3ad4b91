/**
 * One connection of a node to the store, made again for ever, at its own pace (as `redis-connection.ts` does). It is up
 * once a server that takes writes has answered on it.
 */
import { fullJitterMs } from '../../../src/base/backoff.ts';
import type { NodeKey } from '../../../src/cluster/ports.ts';
import type { VirtualClock } from '../../support/virtual-clock.ts';
import type { Dice } from '../dice.ts';
import type { ProcessClock } from '../process-clock.ts';
import type { StoreDeployment } from './deployment.ts';
import type { Path } from './path.ts';
import type { StoreServer, StoreSocket } from './store-server.ts';

const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 1_000;

/** What all connections of one process share. */
export interface StoreAccess {
  readonly clock: VirtualClock;
  readonly process: ProcessClock;
  readonly deployment: StoreDeployment;
  readonly path: Path;
  /** Each way. */
  latencyMaxMs: number;
}

export interface ConnectionEvents {
  onUp(server: StoreServer): void;
  /** What was under way is lost, as far as the node can know. */
  onDown(): void;
}

export class StoreConnection {
  readonly #access: StoreAccess;
  readonly #node: NodeKey;
  readonly #needsWrites: boolean;
  readonly #dice: Dice;
  readonly #events: ConnectionEvents;
  #up: { readonly server: StoreServer; readonly socket: StoreSocket } | null = null;
  #tries = 0;
  /** Counts what was begun: only the newest attempt or retry goes on. */
  #serial = 0;
  #waiting: ((isUp: boolean) => void)[] = [];
  #isClosed = false;

  /** `needsWrites`: a server that takes none is none to it. */
  constructor(access: StoreAccess, node: NodeKey, needsWrites: boolean, dice: Dice, events: ConnectionEvents) {
    this.#access = access;
    this.#node = node;
    this.#needsWrites = needsWrites;
    this.#dice = dice;
    this.#events = events;
  }

  get isUp(): boolean {
    return this.#up !== null;
  }

  /** Makes one now, in place of what is there. Resolves with the outcome of the attempt. */
  connect(): Promise<boolean> {
    if (this.#isClosed) return Promise.resolve(false);
    this.#drop();
    const { clock, process, latencyMaxMs } = this.#access;
    const serial = ++this.#serial;
    clock.after(2 * this.#dice.next() * latencyMaxMs, () => {
      process.arrive(() => {
        if (serial === this.#serial) this.#attempted();
      });
    });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The node gives it up, and tries again after a while. */
  giveUp(): void {
    this.#drop();
    this.#retry();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#drop();
    this.#serial++;
    this.#tell(false);
  }

  #attempted(): void {
    const { path, process, deployment } = this.#access;
    const server = path.isWhole ? deployment.reach(this.#needsWrites) : null;
    if (server === null) return this.#retry();
    const socket: StoreSocket = {
      node: this.#node,
      lost: (isTold) => {
        if (isTold) path.pass('back', () => process.arrive(() => this.#closedByServer(socket)));
      },
    };
    this.#tries = 0;
    this.#up = { server, socket };
    server.opened(socket);
    this.#events.onUp(server);
    this.#tell(true);
  }

  #closedByServer(socket: StoreSocket): void {
    if (this.#up?.socket === socket) this.giveUp();
  }

  #retry(): void {
    const { clock, process } = this.#access;
    const waitMs = fullJitterMs(this.#tries++, RETRY_BASE_MS, RETRY_MAX_MS, this.#dice);
    const serial = ++this.#serial;
    clock.after(waitMs, () => {
      process.arrive(() => {
        if (serial === this.#serial) void this.connect();
      });
    });
    this.#tell(false);
  }

  #drop(): void {
    const up = this.#up;
    if (up === null) return;
    this.#up = null;
    this.#access.path.pass('there', () => up.server.closed(up.socket));
    this.#events.onDown();
  }

  #tell(isUp: boolean): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(isUp);
  }
}
