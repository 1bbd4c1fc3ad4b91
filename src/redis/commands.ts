import type { Redis } from 'ioredis';
import { Histogram } from '../base/histogram.ts';
import { InFlight } from './in-flight.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { Refusals } from './refusals.ts';
import { SCRIPTS, type Script } from './scripts.ts';
import { isRefusal, messageOf, STANDS_DOWN, StoreFault, storeFault } from './store-fault.ts';

/**
 * Unsent bytes beyond which calls fail at once: a Redis that stalls must not fill this process. Guess: a second of
 * traffic of a very busy node.
 */
const UNSENT_BYTES_MAX = 64 * 1024 * 1024;
/** Calls without an answer beyond which more fail at once. One of 100 bytes costs this process 3 kB (measured), so all 60 MB. */
export const PENDING_CALLS_MAX = 20_000;

const BOUNDS_MS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];

export type Argument = string | Buffer;

/**
 * Calls on the connection for commands. Arguments are copied before a call returns. All calls of one event-loop turn
 * leave in one write: the socket is corked until the turn's end, which costs the process 5 µs per PUBLISH of 100
 * bytes where a pipeline of ioredis costs 8 and single writes 9, and lets calls of all kinds share the write, in order.
 * (Its automatic pipelines also wait for the one before to be answered.)
 */
export class Commands {
  /** From each call to its answer, the turns of this event loop included; failed calls too. */
  readonly times = new Histogram(BOUNDS_MS);
  readonly #connection: RedisConnection;
  readonly #refusals: Refusals;
  readonly #timeoutMs: number;
  #corked: Redis['stream'] | null = null;
  /** Of the connection that is used now. */
  #current: { readonly client: Redis; readonly inFlight: InFlight } | null = null;

  /** A call without an answer after `timeoutMs` has failed, and its connection is given up. */
  constructor(connection: RedisConnection, refusals: Refusals, timeoutMs: number) {
    this.#connection = connection;
    this.#refusals = refusals;
    this.#timeoutMs = timeoutMs;
  }

  /** The reply, with Buffers for strings. Rejects with a StoreFault. */
  async call(command: string, args: Argument[]): Promise<unknown> {
    const client = this.#connection.live();
    if (client.stream.writableLength > UNSENT_BYTES_MAX) {
      throw new StoreFault('unavailable', 'Redis is unavailable: it does not take what is sent to it');
    }
    const inFlight = this.#inFlight(client);
    if (inFlight.count >= PENDING_CALLS_MAX) {
      throw new StoreFault('unavailable', `Redis is unavailable: ${PENDING_CALLS_MAX} calls wait for their answers`);
    }
    this.#cork(client.stream);
    inFlight.sent();
    try {
      return await client.callBuffer(command, args);
    } catch (error) {
      const fault = storeFault(this.#connection.clean(error));
      if (STANDS_DOWN.test(messageOf(fault))) this.#connection.giveUp(client, messageOf(fault));
      else if (isRefusal(fault) && !isUnknownScript(fault)) this.#refusals.note(messageOf(fault));
      throw fault;
    } finally {
      this.times.note(inFlight.ended());
    }
  }

  /**
   * Runs a script. They are loaded with each connection; one that an operator flushed since is sent in full, which
   * loads it again.
   */
  async run(script: Script, keys: string[], args: Argument[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.call('evalsha', [script.sha, ...rest]);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return await this.call('eval', [script.text, ...rest]);
    }
  }

  /** As `run`, but null where Redis answers that it refuses this one call, whatever it says to others. */
  async runOrRefuse(script: Script, keys: string[], args: Argument[]): Promise<unknown> {
    try {
      return await this.run(script, keys, args);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw error;
    }
  }

  #inFlight(client: Redis): InFlight {
    if (this.#current?.client !== client) {
      const reason = `a call had no answer within ${this.#timeoutMs} ms`;
      const inFlight = new InFlight(this.#timeoutMs, () => this.#connection.giveUp(client, reason));
      this.#current = { client, inFlight };
    }
    return this.#current.inFlight;
  }

  #cork(stream: Redis['stream']): void {
    if (this.#corked === stream) return;
    this.#corked = stream;
    stream.cork();
    process.nextTick(() => {
      if (this.#corked === stream) this.#corked = null;
      stream.uncork();
    });
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof StoreFault && messageOf(error).startsWith('NOSCRIPT');
}

/** First words on a new connection for commands: is this a Redis that takes writes? Then the scripts. */
export async function prepareCommands(client: Redis): Promise<void> {
  await refuseReplica(client);
  await Promise.all(Object.values(SCRIPTS).map((script) => client.call('script', ['load', script.text])));
}

/** Rejects on a Redis that follows another one. One that may not be asked gets the benefit of the doubt. */
export async function refuseReplica(client: Redis): Promise<void> {
  const role = await client.call('role').catch((error: Error) => {
    if (error.message.startsWith('NOPERM')) return null;
    throw error;
  });
  if (Array.isArray(role) && role[0] !== 'master') throw new Error(`Redis is a read-only ${String(role[0])}`);
}

/** The bytes as the Buffer that ioredis wants, sharing memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
