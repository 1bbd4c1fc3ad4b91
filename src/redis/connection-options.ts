import type { RedisOptions } from 'ioredis';

/** Without the one option that would choose another constructor of the client. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>;

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A master and its replicas, found by asking their sentinels. Without TLS. */
export interface SentinelAddress {
  readonly nodes: readonly ServerAddress[];
  /** By which the sentinels know the master. */
  readonly name: string;
  /** Of the master, and of any replica that may become it. */
  readonly username: string | null;
  readonly password: string | null;
  /** Of the sentinels themselves. */
  readonly sentinelPassword: string | null;
}

export interface ConnectionTimes {
  /** An attempt that has not made a connection ready for use by then has failed. */
  readonly connectTimeoutMs: number;
  /** A call without an answer after this has failed, and its connection is given up. */
  readonly commandTimeoutMs: number;
  /** The longest wait between two attempts. */
  readonly retryMaxMs: number;
}

/** A dropped connection that does not close by itself is destroyed after this. */
const DISCONNECT_TIMEOUT_MS = 500;
/** First probe of a silent connection, by the kernel. */
const KEEP_ALIVE_MS = 10_000;

/** Which Redis, by its URL. Throws on one that names no Redis, without quoting it. */
export function urlOptions(url: string): ClientOptions & ServerAddress {
  const parsed = URL.parse(url);
  const path = /^\/?(\d{0,5})$/.exec(parsed?.pathname ?? '-');
  if (parsed === null || path === null || parsed.hostname === '' || !/^rediss?:$/.test(parsed.protocol)) {
    throw new Error('not the URL of a Redis: redis://[user:password@]host[:port][/db], or rediss:// for TLS');
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    db: Number(path[1]),
    ...(parsed.username === '' ? {} : { username: decodeURIComponent(parsed.username) }),
    ...(parsed.password === '' ? {} : { password: decodeURIComponent(parsed.password) }),
    ...(parsed.protocol === 'rediss:' ? { tls: {} } : {}),
  };
}

/** Which Redis, by what its sentinels say; `Connector` asks them. */
export function sentinelOptions(
  { username, password }: SentinelAddress,
  Connector: NonNullable<ClientOptions['Connector']>,
): ClientOptions {
  return {
    Connector,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
  };
}

/**
 * Options for one connection that never comes back by itself: RedisConnection makes a new one. So nothing that
 * was sent, or was waiting, can be sent a second time.
 */
export function connectionOptions(server: ClientOptions, connectionName: string): ClientOptions {
  return {
    ...server,
    connectionName,
    // RedisConnection watches the whole of an attempt, Commands each call.
    connectTimeout: 0,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    keepAlive: KEEP_ALIVE_MS,
    retryStrategy: () => null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    // Loading is seen by our own first commands, which can say so; the check of ioredis would wait in silence.
    enableReadyCheck: false,
  };
}
