/**
 * A node's connection for commands: calls arrive in order, each after a while, and so do the answers. When it is given up
 * every call under way fails, whether the store had done it or not, and later ones fail at once, as those of `redis/` do.
 */
import type { NodeKey } from '../../../src/cluster/ports.ts';
import type { Dice } from '../dice.ts';
import { Line } from '../line.ts';
import type { Trace } from '../trace.ts';
import { type StoreAccess, StoreConnection } from './store-connection.ts';
import { StoreRefusal, type StoreServer } from './store-server.ts';

/** With calls under way and no answer for this long, the connection is given up. */
const TIMEOUT_MS = 2_000;
const WATCH_MS = 250;
/** TCP sends again ever less often: what a cut held back may arrive that long after it is mended. */
const LATE_MAX_MS = 2_500;

type Ended = { readonly value: unknown } | { readonly error: unknown };

interface Call {
  readonly what: string;
  readonly execute: (server: StoreServer) => unknown;
  readonly end: (ended: Ended) => void;
  /** Of a connection given up, and it never gets there. */
  isLost: boolean;
}

/** One connection's two ways, from up to down. */
interface Wires {
  readonly server: StoreServer;
  /** The server's life: another one knows nothing of what came on this connection. */
  readonly life: number;
  readonly there: Line;
  readonly back: Line;
  /** What arrives behind a connection that was given up arrives together. */
  lateMs: number;
}

export class StoreLine {
  readonly #name: string;
  readonly #access: StoreAccess;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #connection: StoreConnection;
  readonly #underWay = new Set<Call>();
  readonly #onUp: (() => void)[] = [];
  #wires: Wires | null = null;
  #answeredAt = 0;
  #isWatching = false;

  constructor(node: NodeKey, access: StoreAccess, dice: Dice, trace: Trace) {
    this.#name = node.slice(0, node.lastIndexOf(':'));
    this.#access = access;
    this.#dice = dice;
    this.#trace = trace;
    this.#connection = new StoreConnection(access, node, true, dice.fork(), {
      onUp: (server) => this.#opened(server),
      onDown: () => this.#lost(),
    });
  }

  /** What the node's client believes. */
  get isUp(): boolean {
    return this.#wires !== null;
  }

  /** Told each time that it comes up. */
  onUp(listener: () => void): void {
    this.#onUp.push(listener);
  }

  /** Resolves with the outcome of the first attempt. */
  open(): Promise<boolean> {
    return this.#connection.connect();
  }

  /** Also where the process is gone: its kernel closes it behind what was sent. */
  close(): void {
    this.#connection.close();
  }

  call<T>(what: string, execute: (server: StoreServer) => T | Promise<T>): Promise<T> {
    const wires = this.#wires;
    if (wires === null) return Promise.reject(new Error('the store is away'));
    return new Promise<T>((resolve, reject) => {
      const call: Call = {
        what,
        execute,
        isLost: false,
        end: (ended) => {
          // A process that is gone learns nothing any more.
          if (!this.#underWay.delete(call) || !this.#access.process.isAlive) return;
          this.#answeredAt = this.#access.clock.now();
          if ('error' in ended) reject(ended.error);
          else resolve(ended.value as T);
        },
      };
      if (this.#underWay.size === 0) this.#answeredAt = this.#access.clock.now();
      this.#underWay.add(call);
      this.#watch();
      wires.there.send(this.#delayMs(), () => this.#access.path.pass('there', () => this.#arrive(call, wires)));
    });
  }

  #opened(server: StoreServer): void {
    const { clock } = this.#access;
    this.#wires = { server, life: server.life, there: new Line(clock), back: new Line(clock), lateMs: 0 };
    this.#trace.step(this.#name, 'store-up', () => server.name);
    for (const listener of this.#onUp) listener();
  }

  #lost(): void {
    const wires = this.#wires;
    if (wires === null) return;
    this.#wires = null;
    this.#trace.step(this.#name, 'store-down', () => '');
    const { path } = this.#access;
    if (!path.isOpen('there') && this.#dice.chance(0.5)) wires.lateMs = this.#dice.between(0, LATE_MAX_MS);
    const calls = [...this.#underWay];
    // What the store still gets is a beginning of what was sent, in order.
    let delivered = this.#dice.int(0, calls.length);
    for (const call of calls) {
      if (delivered-- <= 0) call.isLost = true;
      this.#trace.step(this.#name, 'store-lost', () => call.what);
      call.end({ error: new Error('the connection to the store broke') });
    }
  }

  #arrive(call: Call, wires: Wires): void {
    // In a task of its own, as each is served whole before the next.
    const serve = (): void => {
      if (!call.isLost && wires.server.life === wires.life) this.#serve(call, wires);
    };
    if (wires.lateMs > 0 && wires !== this.#wires) this.#access.clock.after(wires.lateMs, serve);
    else this.#access.clock.soon(serve);
  }

  #serve(call: Call, wires: Wires): void {
    this.#trace.step(this.#name, 'store', () => call.what);
    const answer = (ended: Ended): void => {
      if (wires !== this.#wires) return;
      const { path, process } = this.#access;
      const arrive = (): void => process.arrive(() => this.#answered(call, ended));
      wires.back.send(this.#delayMs(), () => path.pass('back', arrive));
    };
    const result = call.execute(wires.server);
    if (!(result instanceof Promise)) return answer({ value: result });
    result.then(
      (value: unknown) => answer({ value }),
      (error: unknown) => answer({ error }),
    );
  }

  #answered(call: Call, ended: Ended): void {
    call.end(ended);
    // Such a server is no use to this client any more, which looks for another.
    if ('error' in ended && ended.error instanceof StoreRefusal && ended.error.isReadOnly) this.#connection.giveUp();
  }

  #watch(): void {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { clock, process } = this.#access;
    clock.after(WATCH_MS, () => {
      process.arrive(() => {
        this.#isWatching = false;
        if (this.#underWay.size === 0) return;
        if (clock.now() - this.#answeredAt >= TIMEOUT_MS) this.#connection.giveUp();
        else this.#watch();
      });
    });
  }

  #delayMs(): number {
    return this.#dice.next() * this.#access.latencyMaxMs;
  }
}
