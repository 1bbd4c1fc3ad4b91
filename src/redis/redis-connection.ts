import { Redis } from 'ioredis';
import { fullJitterMs } from '../base/backoff.ts';
import { systemRng } from '../base/rng.ts';
import type { ClientOptions, ConnectionTimes } from './connection-options.ts';
import { StoreFault, withoutSecrets } from './store-fault.ts';

export interface RedisState {
  /** `connecting` until the first attempt has an outcome, and while a connection is replaced on purpose. */
  readonly status: 'connecting' | 'up' | 'down';
  /** Why it is down, for people. */
  readonly reason: string | null;
}

const RETRY_BASE_MS = 100;

/**
 * One connection to Redis that is made anew for ever: each ioredis client lives for one connection, so neither its
 * queues nor its retries can replay anything. It is up once `prepare` has run on it, and down from the moment that it
 * closes until the next one is prepared.
 */
export class RedisConnection {
  readonly #options: ClientOptions;
  readonly #times: ConnectionTimes;
  readonly #prepare: (client: Redis) => Promise<void>;
  readonly #onState: (state: RedisState) => void;
  #client: Redis | null = null;
  #state: RedisState = { status: 'connecting', reason: null };
  #attempt = 0;
  /** When the status changed last. */
  #since = performance.now();
  #retry: NodeJS.Timeout | null = null;
  #deadline: NodeJS.Timeout | null = null;
  #waiting: ((state: RedisState) => void)[] = [];
  #closed = false;

  constructor(
    options: ClientOptions,
    times: ConnectionTimes,
    prepare: (client: Redis) => Promise<void>,
    onState: (state: RedisState) => void,
  ) {
    this.#options = options;
    this.#times = times;
    this.#prepare = prepare;
    this.#onState = onState;
  }

  get state(): RedisState {
    return this.#state;
  }

  /** How long the status has been what it is. */
  get sinceMs(): number {
    return performance.now() - this.#since;
  }

  /** The prepared client; throws `unavailable` while there is none. */
  live(): Redis {
    if (this.#state.status === 'up' && this.#client !== null) return this.#client;
    throw new StoreFault('unavailable', `Redis is unavailable: ${this.#state.reason ?? 'still connecting'}`);
  }

  /** Makes a connection now: the first one, or one in place of that which is there. One being made goes on. */
  connect(): void {
    if (this.#closed || (this.#client !== null && this.#state.status !== 'up')) return;
    this.#drop();
    if (this.#state.status === 'up') this.#setState({ status: 'connecting', reason: null });
    this.#open();
  }

  /** Drops a client that can't serve, with all that waits for it, and tries again after a while. */
  giveUp(client: Redis, reason: string): void {
    if (client !== this.#client) return;
    this.#drop();
    this.#becomeDown(reason);
  }

  /** As `giveUp`, where `isOver` says so of the client that is up, or on its way there. */
  giveUpIf(isOver: (client: Redis) => boolean, reason: string): void {
    if (this.#client !== null && isOver(this.#client)) this.giveUp(this.#client, reason);
  }

  /** What was in the way may be gone: the next attempt is now, and not after its wait. */
  retryNow(): void {
    if (this.#retry !== null) this.connect();
  }

  /** Resolves when the next attempt has come out well or badly, or the connection is closed for good. */
  outcome(): Promise<RedisState> {
    if (this.#closed) return Promise.resolve(this.#state);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** An error of the client, fit to show. */
  clean(error: unknown): Error {
    return withoutSecrets(error, this.#options.password ?? undefined);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const client = this.#client;
    const ended = new Promise<void>((done) => {
      if (client === null || client.status === 'end') done();
      else client.once('end', () => done());
    });
    this.#forget()?.disconnect();
    this.#setState({ status: 'down', reason: 'closed' });
    await ended;
  }

  #open(): void {
    const client = new Redis(this.#options);
    this.#client = client;
    let lastError: Error | null = null;
    client.on('error', (error: unknown) => {
      lastError = this.clean(error);
    });
    client.on('ready', () => {
      this.#prepare(client).then(
        () => this.#becomeUp(client),
        (error: unknown) => this.giveUp(client, lastError?.message ?? this.clean(error).message),
      );
    });
    const { connectTimeoutMs } = this.#times;
    const late = () => {
      if (this.#state.status !== 'up') this.giveUp(client, `no connection within ${connectTimeoutMs} ms`);
    };
    // After a pause of this process the answers are there, unread: they are read before the immediate runs.
    this.#deadline = setTimeout(() => setImmediate(late), connectTimeoutMs);
    client.on('end', () => this.giveUp(client, lastError?.message ?? 'the connection was closed'));
  }

  #becomeUp(client: Redis): void {
    if (client !== this.#client || client.status !== 'ready') return;
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#deadline = null;
    this.#setState({ status: 'up', reason: null });
  }

  #becomeDown(reason: string): void {
    // One that comes up and falls at once, again and again, is no success: the waits go on growing.
    if (this.#state.status === 'up' && this.sinceMs > this.#times.retryMaxMs) this.#attempt = 0;
    const waitMs = fullJitterMs(this.#attempt++, RETRY_BASE_MS, this.#times.retryMaxMs, systemRng);
    this.#retry = setTimeout(() => this.connect(), waitMs);
    this.#setState({ status: 'down', reason });
  }

  /** What waits for an answer fails at once, however long the other end is silent. */
  #drop(): void {
    const client = this.#forget();
    client?.disconnect();
    client?.stream?.destroy();
  }

  /** The client, no longer ours; null where none lives. */
  #forget(): Redis | null {
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#deadline !== null) clearTimeout(this.#deadline);
    this.#retry = null;
    this.#deadline = null;
    const client = this.#client;
    this.#client = null;
    // Packets still in the socket belong to the connection that we gave up.
    client?.removeAllListeners('messageBuffer');
    return client?.status === 'end' ? null : client;
  }

  #setState(state: RedisState): void {
    const before = this.#state;
    this.#state = state;
    if (before.status !== state.status) this.#since = performance.now();
    if (state.status !== 'connecting') {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve(state);
    }
    if (before.status !== state.status || before.reason !== state.reason) this.#onState(state);
  }
}
