/**
 * Which Redis is the master, as its sentinels tell. All are asked at once and the newest configuration counts (each
 * failover has a higher number), so that one sentinel that was cut off leads nobody to a master of the past.
 *
 * Their messages are listened to as well: after SENTINEL FAILOVER the old master goes on taking writes for some 10 s
 * (measured on Redis 7.0), all of which are then thrown away.
 */
import { createConnection, type Socket } from 'node:net';
import { AbstractConnector, Redis } from 'ioredis';
import { fullJitterMs } from '../base/backoff.ts';
import { systemRng } from '../base/rng.ts';
import type { ClientOptions, SentinelAddress, ServerAddress } from './connection-options.ts';
import { array } from './reply.ts';
import { withoutSecrets } from './store-fault.ts';

/** A sentinel that takes longer is left out: they are close, and have nothing else to do. */
const ASK_TIMEOUT_MS = 500;
const DISCONNECT_TIMEOUT_MS = 500;
const RETRY_BASE_MS = 100;
const RETRY_MAX_MS = 10_000;
/** Told when a replica has become a master, and when a sentinel has learnt of it. */
const CHANNELS = ['+promoted-slave', '+switch-master'] as const;

interface Answer {
  /** The failover that made it the master. */
  readonly epoch: number;
  readonly master: ServerAddress;
}

export class Sentinels {
  /** For the options of a client: leads it to the master. */
  readonly connector: NonNullable<ClientOptions['Connector']>;
  readonly #address: SentinelAddress;
  readonly #connectionName: string;
  readonly #masters = new WeakMap<object, string>();
  #listeners: Redis[] = [];
  #asking: Promise<ServerAddress> | null = null;
  /** `host:port`, as the sentinels said last. */
  #master: string | null = null;
  /** The same, when a sentinel had something to say. */
  #heard: string | null = null;

  constructor(address: SentinelAddress, connectionName: string) {
    this.#address = address;
    this.#connectionName = connectionName;
    this.connector = connectorTo(
      () => this.find(),
      (stream, master) => this.#masters.set(stream, nameOf(master)),
    );
  }

  /** Whether the client was led to another server than the sentinels take for the master by now. */
  isPast(client: Redis): boolean {
    const master = this.#masters.get(client.stream);
    return master !== undefined && this.#master !== null && master !== this.#master;
  }

  /** Calls `onNews` when a sentinel had something to say, and whether that was another master than before. */
  listen(onNews: (isChanged: boolean) => void): void {
    const look = async (): Promise<void> => {
      try {
        // What was asked before the news may be answered without it.
        await this.#asking?.catch(() => {});
        const before = this.#heard;
        this.#heard = nameOf(await this.find());
        onNews(before !== null && before !== this.#heard);
      } catch {
        // A sentinel that falls silent is no news of the master.
      }
    };
    this.#listeners = this.#address.nodes.map((node) => {
      const client = this.#client(node, {
        retryStrategy: (times: number) => fullJitterMs(times, RETRY_BASE_MS, RETRY_MAX_MS, systemRng),
        autoResubscribe: false,
      });
      client.on('ready', () => {
        client.subscribe(...CHANNELS).catch(() => {});
        void look();
      });
      client.on('message', () => void look());
      return client;
    });
  }

  close(): void {
    for (const client of this.#listeners) client.disconnect();
    this.#listeners = [];
  }

  /** Rejects with what each sentinel said when none knows a master. */
  find(): Promise<ServerAddress> {
    this.#asking ??= this.#find().finally(() => {
      this.#asking = null;
    });
    return this.#asking;
  }

  async #find(): Promise<ServerAddress> {
    const { nodes, name } = this.#address;
    const results = await Promise.allSettled(nodes.map((node) => this.#ask(node)));
    let newest: Answer | null = null;
    for (const result of results) {
      if (result.status === 'fulfilled' && (newest === null || result.value.epoch > newest.epoch))
        newest = result.value;
    }
    if (newest === null) {
      const reasons = results.map((result) => (result.status === 'rejected' ? String(result.reason.message) : ''));
      throw new Error(`no sentinel knows the master ${name}: ${reasons.join('; ')}`);
    }
    this.#master = nameOf(newest.master);
    return newest.master;
  }

  async #ask(node: ServerAddress): Promise<Answer> {
    const { name, sentinelPassword } = this.#address;
    const client = this.#client(node, { retryStrategy: () => null, commandTimeout: ASK_TIMEOUT_MS });
    let failed: unknown = null;
    client.on('error', (error: unknown) => {
      failed = error;
    });
    try {
      const [address, state] = await Promise.all([
        client.call('sentinel', ['get-master-addr-by-name', name]),
        client.call('sentinel', ['master', name]),
      ]);
      const [host, port] = array(address, 'address of the master');
      const fields = array(state, 'state of the master');
      const epoch = Number(fields[fields.indexOf('config-epoch') + 1]);
      return { epoch, master: { host: String(host), port: Number(port) } };
    } catch (error) {
      throw new Error(`${nameOf(node)}: ${withoutSecrets(failed ?? error, sentinelPassword ?? undefined).message}`);
    } finally {
      client.disconnect();
    }
  }

  #client(node: ServerAddress, options: Partial<ClientOptions>): Redis {
    const { sentinelPassword } = this.#address;
    const client = new Redis({
      host: node.host,
      port: node.port,
      ...(sentinelPassword === null ? {} : { password: sentinelPassword }),
      connectionName: this.#connectionName,
      enableReadyCheck: false,
      disconnectTimeout: DISCONNECT_TIMEOUT_MS,
      ...options,
    });
    // Who asks gets the error; without a listener it would be printed as well.
    client.on('error', () => {});
    return client;
  }
}

function nameOf({ host, port }: ServerAddress): string {
  return `${host}:${port}`;
}

/** A class, as the client wants it: it makes a connector for each of its connections. */
function connectorTo(
  find: () => Promise<ServerAddress>,
  onStream: (stream: Socket, master: ServerAddress) => void,
): NonNullable<ClientOptions['Connector']> {
  return class extends AbstractConnector {
    constructor() {
      super(DISCONNECT_TIMEOUT_MS);
    }

    async connect(): Promise<Socket> {
      this.connecting = true;
      const master = await find();
      if (!this.connecting) throw new Error('closed while the sentinels were asked');
      const stream = createConnection(master);
      stream.once('error', (error: Error) => {
        this.firstError = error;
      });
      this.stream = stream;
      onStream(stream, master);
      return stream;
    }
  };
}
