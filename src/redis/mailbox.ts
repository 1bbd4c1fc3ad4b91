import type { Redis } from 'ioredis';
import { must } from '../base/assert.ts';
import type { Logger } from '../base/logger.ts';
import type { Mailbox } from '../cluster/ports.ts';
import { asBuffer, type Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import type { RedisConnection } from './redis-connection.ts';
import { integer } from './reply.ts';
import { StoreFault } from './store-fault.ts';

/** Makes a connection that runs `prepare` each time it comes up. */
export type Subscribe = (prepare: (client: Redis) => Promise<void>) => RedisConnection;

/**
 * Packets over Redis pub/sub. It sends on the connection for commands and listens on one of its own, which subscribes
 * again by itself whenever it comes back. What is published meanwhile is lost: the peers' counters see to that.
 */
export class RedisMailbox implements Mailbox {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #subscribe: Subscribe;
  readonly #log: Logger;
  #connection: RedisConnection | null = null;

  constructor(commands: Commands, keys: Keys, subscribe: Subscribe, log: Logger) {
    this.#commands = commands;
    this.#keys = keys;
    this.#subscribe = subscribe;
    this.#log = log;
  }

  /** Resolves once it listens, or once it is clear that Redis is away: then it listens as soon as it can. */
  async open(nodeId: string, onPacket: (packet: Uint8Array) => void): Promise<void> {
    await this.close();
    const connection = this.#subscribe(async (client) => {
      client.on('messageBuffer', (_channel: Buffer, message: Buffer) => {
        try {
          onPacket(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
        } catch (err) {
          this.#log.error({ err }, 'a packet from the mailbox could not be handled');
        }
      });
      await client.subscribe(this.#keys.mailbox(nodeId));
    });
    this.#connection = connection;
    connection.connect();
    await connection.outcome();
  }

  /** null before it is opened. */
  get connection(): RedisConnection | null {
    return this.#connection;
  }

  async publish(nodeId: string, packet: Uint8Array): Promise<number> {
    return integer(await this.#commands.call('publish', [this.#keys.mailbox(nodeId), asBuffer(packet)]), 'receivers');
  }

  async reconnect(): Promise<void> {
    const connection = must(this.#connection, 'an open mailbox');
    connection.connect();
    const { status, reason } = await connection.outcome();
    if (status !== 'up') throw new StoreFault('unavailable', `Redis is unavailable: ${reason}`);
  }

  async close(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    await connection?.close();
  }
}
