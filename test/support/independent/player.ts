/**
 * A whole correct client: HELLO, its rooms (replica.ts), reconnects with resume and since, back-off.
 *
 * It takes the addresses in turn, so each reconnect goes to another node. All that it sends and sees is in
 * `ledgers`; `faults` has what no server may do to it (a lost session, a close that forbids to come back).
 */
import { bytesOf, helloFrame, leaveFrame } from './client-frames.ts';
import type { ServerFrame } from './frames.ts';
import { type Command, newLedger, type RoomLedger } from './ledger.ts';
import { type Link, type OpenLink, openSocket } from './link.ts';
import { type Action, Replica } from './replica.ts';
import type { Rng } from './rng.ts';

export interface PlayerOptions {
  readonly name: string;
  /** Taken in turn, one per connection. */
  readonly urls: readonly string[];
  readonly token?: string;
  /** Commands on the way at once, per room. */
  readonly window?: number;
  readonly open?: OpenLink;
  /** Runs `run` after `afterMs`; returns how to take that back. */
  readonly schedule?: (afterMs: number, run: () => void) => () => void;
  /** For the jitter of the back-off. */
  readonly rng?: Rng;
}

const backOffMs = { first: 50, max: 2000 };

const onTimer = (afterMs: number, run: () => void): (() => void) => {
  const timer = setTimeout(run, afterMs);
  return () => clearTimeout(timer);
};

export class Player {
  readonly name: string;
  readonly ledgers = new Map<string, RoomLedger>();
  readonly faults: string[] = [];
  /** Connections so far; the number of the present one is the `link` of the ledger's entries. */
  links = 0;
  /** How the connections ended that `hop` left behind. */
  readonly replacedCodes: number[] = [];
  readonly #options: PlayerOptions;
  readonly #open: OpenLink;
  readonly #schedule: (afterMs: number, run: () => void) => () => void;
  readonly #rng: Rng;
  readonly #replicas = new Map<string, Replica>();
  readonly #timers = new Set<() => void>();
  #link: Link | null = null;
  /** Connections that `hop` left behind: the server closes them (P4), `stop` cuts what is left. */
  readonly #replaced = new Set<Link>();
  #isOpen = false;
  #isStopped = false;
  #sid: string | null = null;
  #resume: string | null = null;
  #lastReq = 0;
  #tries = 0;
  /** GOAWAY came, and a timer will open the next connection. */
  #isSentAway = false;

  constructor(options: PlayerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#open = options.open ?? openSocket;
    this.#schedule = options.schedule ?? onTimer;
    this.#rng = options.rng ?? Math.random;
  }

  get sid(): string | null {
    return this.#sid;
  }

  get openCommands(): number {
    let sum = 0;
    for (const replica of this.#replicas.values()) sum += replica.openCommands;
    return sum;
  }

  get isSettled(): boolean {
    return this.#sid !== null && this.#isOpen && [...this.#replicas.values()].every((replica) => replica.isSettled);
  }

  replica(room: string): Replica {
    const replica = this.#replicas.get(room);
    if (replica === undefined) throw new Error(`${this.name} never joined ${room}`);
    return replica;
  }

  start(): void {
    this.#connect();
  }

  join(room: string, meta?: Uint8Array): void {
    const ledger = newLedger(this.name, room);
    const window = this.#options.window;
    const replica = new Replica(ledger, {
      ...(meta === undefined ? {} : { meta }),
      ...(window === undefined ? {} : { window }),
    });
    this.ledgers.set(room, ledger);
    this.#replicas.set(room, replica);
    if (this.#isOpen) this.#run(replica, replica.connected(this.links, this.#nextReq()));
  }

  /** `id` is unique in the test; `padding` makes the payload larger. */
  say(room: string, id: string, paddingBytes = 0): void {
    const payload = bytesOf(`${id}|${'.'.repeat(paddingBytes)}`);
    this.#queue(room, { id, body: { kind: 'send', payload } });
  }

  put(room: string, id: string, key: string, del: readonly string[] = []): void {
    this.#queue(room, { id, body: { kind: 'set', set: { [key]: bytesOf(`${id}|`) }, del } });
  }

  leave(room: string): void {
    this.#link?.write(leaveFrame(this.#nextReq(), room));
    this.replica(room).left();
  }

  /** Loses the connection, as a phone in a tunnel does; comes back at the next address. */
  drop(): void {
    this.#link?.cut();
    this.#lost();
  }

  /** Opens the next connection while the present one stands: the server has to replace that one (P4). */
  hop(): void {
    this.#connect();
  }

  pause(): void {
    this.#link?.pause();
  }

  resume(): void {
    this.#link?.resume();
  }

  stop(): void {
    this.#isStopped = true;
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#link?.cut();
    for (const link of this.#replaced) link.cut();
    this.#replaced.clear();
    this.#link = null;
    this.#isOpen = false;
  }

  #connect(): void {
    const { urls } = this.#options;
    const url = urls[this.links % urls.length];
    if (url === undefined) throw new Error('a player needs an address');
    this.links++;
    this.#isSentAway = false;
    this.#disconnected();
    if (this.#link !== null) this.#replaced.add(this.#link);
    const link = this.#open(url, {
      opened: () => {
        if (link === this.#link) this.#opened();
      },
      frame: (frame) => {
        if (link === this.#link) this.#receive(frame);
      },
      fault: (text) => this.faults.push(`${this.name}: the server broke the protocol: ${text}`),
      closed: (code, reason, status) => {
        if (this.#replaced.delete(link)) this.replacedCodes.push(code);
        else if (link === this.#link) this.#closed(code, reason, status);
      },
    });
    this.#link = link;
  }

  #opened(): void {
    this.#isOpen = true;
    this.#link?.write(helloFrame(this.#options.token ?? null, this.#resume));
    for (const replica of this.#replicas.values()) this.#run(replica, replica.connected(this.links, this.#nextReq()));
  }

  #receive(frame: ServerFrame): void {
    if (frame.op === 'welcome') {
      this.#tries = 0;
      if (this.#sid !== null && this.#sid !== frame.sid) this.faults.push(`${this.name}: its session was lost (P5)`);
      this.#sid = frame.sid;
      this.#resume = frame.resume;
      return;
    }
    if (frame.op === 'goaway') {
      this.#sentAway(frame.afterMs);
      return;
    }
    if (frame.op === 'pong') return;
    if (frame.op === 'error' && frame.room === null) {
      for (const replica of this.#replicas.values())
        this.#run(
          replica,
          replica.handle(frame, () => this.#nextReq()),
        );
      return;
    }
    const replica = frame.room === null ? undefined : this.#replicas.get(frame.room);
    if (replica === undefined) this.faults.push(`${this.name}: a frame for a room that it never joined: ${frame.room}`);
    else
      this.#run(
        replica,
        replica.handle(frame, () => this.#nextReq()),
      );
  }

  #closed(code: number, reason: string, status: number): void {
    const isRefused = status !== 0 && status !== 503 && status !== 502 && status !== 504;
    if (isRefused || (code >= 4500 && code < 5000)) {
      this.faults.push(`${this.name}: closed for good: HTTP ${status}, code ${code} ${reason}`);
      this.stop();
      return;
    }
    this.#lost();
  }

  /** Stays until the time that the server names, and is then back at once; also where the server closes sooner. */
  #sentAway(afterMs: number): void {
    if (this.#isSentAway) return;
    this.#isSentAway = true;
    const { links } = this;
    this.#after(afterMs, () => {
      if (this.links !== links) return;
      this.#link?.cut();
      this.#link = null;
      this.#connect();
    });
  }

  #lost(): void {
    this.#link = null;
    this.#disconnected();
    if (this.#isStopped || this.#isSentAway) return;
    const backOff = Math.min(backOffMs.max, backOffMs.first * 2 ** this.#tries++);
    this.#after(backOff * (0.5 + this.#rng() / 2), () => {
      if (this.#link === null) this.#connect();
    });
  }

  #disconnected(): void {
    this.#isOpen = false;
    for (const replica of this.#replicas.values()) replica.disconnected();
  }

  #queue(room: string, command: Command): void {
    const replica = this.replica(room);
    this.#run(replica, replica.queue(command));
  }

  #run(replica: Replica, actions: readonly Action[]): void {
    const links = this.links;
    for (const action of actions) {
      if (action.do === 'write') {
        this.#link?.write(action.frame);
        continue;
      }
      // A later connection asks for everything anew, so what the earlier one planned is void.
      this.#after(action.afterMs, () => {
        if (this.links !== links || !this.#isOpen) return;
        this.#run(replica, action.do === 'join-later' ? replica.join(this.#nextReq()) : replica.resend());
      });
    }
  }

  #after(afterMs: number, run: () => void): void {
    const cancel = this.#schedule(afterMs, () => {
      this.#timers.delete(cancel);
      if (!this.#isStopped) run();
    });
    this.#timers.add(cancel);
  }

  #nextReq(): number {
    return ++this.#lastReq;
  }
}
