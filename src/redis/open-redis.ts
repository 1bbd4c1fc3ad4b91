import type { Redis } from 'ioredis';
import type { Histogram } from '../base/histogram.ts';
import type { Logger } from '../base/logger.ts';
import type { Directory, Mailbox, NodeKey, NodeStore } from '../cluster/ports.ts';
import type { LogStore, SnapshotStore } from '../room/ports.ts';
import type { SessionStore } from '../session/ports.ts';
import { Commands, prepareCommands, refuseReplica } from './commands.ts';
import {
  type ConnectionTimes,
  connectionOptions,
  type SentinelAddress,
  sentinelOptions,
  urlOptions,
} from './connection-options.ts';
import { RedisDirectory } from './directory-store.ts';
import { Keys } from './keys.ts';
import { RedisLogStore } from './log-store.ts';
import { RedisMailbox } from './mailbox.ts';
import { RedisNodeStore } from './node-store.ts';
import { RedisConnection, type RedisState } from './redis-connection.ts';
import { Refusals, type RefusalView } from './refusals.ts';
import { Sentinels } from './sentinels.ts';
import { RedisSessionStore } from './session-store.ts';
import { RedisSnapshotStore } from './snapshot-store.ts';
import { Vitals } from './vitals.ts';

/** A Redis by its address, or the one that its sentinels name. */
export type RedisPlace =
  /** redis://[user:password@]host[:port][/db], or rediss:// for TLS. */
  { readonly url: string } | { readonly sentinels: SentinelAddress };

interface RedisUse extends Partial<ConnectionTimes> {
  /** Start of all keys and channels; no braces. */
  readonly prefix: string;
  /** This life of this node, by which `CLIENT LIST` shows its connections. */
  readonly node: NodeKey;
}

export type RedisPortsOptions = RedisUse & RedisPlace;

/** Told of each change, from within the client's callbacks: they must not throw. */
export interface RedisHooks {
  /** The connection for commands: while it is not `up`, every call rejects at once. */
  onState?(state: RedisState): void;
  /** The mailbox's subscription: while it is not `up`, packets to this node are lost. */
  onSubscription?(state: RedisState): void;
}

/** For people and health checks. */
interface RedisStatus {
  readonly commands: RedisState & { readonly sinceMs: number };
  readonly mailbox: RedisState & { readonly sinceMs: number };
  readonly refused: RefusalView;
}

export interface RedisPorts {
  readonly nodes: NodeStore;
  readonly directory: Directory;
  readonly mailbox: Mailbox;
  readonly snapshots: SnapshotStore;
  readonly log: LogStore;
  readonly sessions: SessionStore;
  /** Of the connection for commands. */
  readonly state: RedisState;
  status(): RedisStatus;
  readonly vitals: Vitals;
  /** How long calls took. */
  readonly callTimes: Histogram;
  /** Resolves with the outcome of the first attempt to connect. */
  readonly started: Promise<RedisState>;
  close(): Promise<void>;
}

/** After 5 s without Redis the next attempt must be near: what waits for it waits for members. */
const TIMES: ConnectionTimes = { connectTimeoutMs: 10_000, commandTimeoutMs: 5_000, retryMaxMs: 1_000 };

/**
 * All ports on one Redis, over two connections: one for commands, one that listens. A Redis that can't be reached is no
 * error here: the state says so, calls reject with a StoreFault of code `unavailable`, and it goes on trying. With
 * sentinels, both connections lead to the master that they name, and leave one that they no longer do.
 * Throws on a URL that names no Redis.
 */
export function openRedis(options: RedisPortsOptions, log: Logger, hooks: RedisHooks = {}): RedisPorts {
  const times = { ...TIMES, ...options };
  const keys = new Keys(options.prefix);
  const clientName = keys.connectionName(options.node);
  const { place, server, sentinels } = findRedis(options, clientName);
  const client = connectionOptions(place, clientName);

  const connections = new Set<RedisConnection>();
  const leaveThePast = () => {
    for (const one of connections) {
      one.giveUpIf((live) => sentinels?.isPast(live) ?? false, 'the sentinels name another master now');
    }
  };
  const connection = (name: string, prepare: (client: Redis) => Promise<void>, hook?: (state: RedisState) => void) => {
    let told = '';
    const onState = (state: RedisState) => {
      // Once per change: a reason that changes while it stays down is for the hook alone.
      if (state.status === 'up') log.info({ server }, `Redis: ${name} connected`);
      else if (state.status === 'down' && told !== 'down' && state.reason !== 'closed') {
        log.warn({ server, reason: state.reason }, `Redis: ${name} can't be reached, trying again`);
      }
      told = state.status;
      hook?.(state);
      if (state.status === 'up') leaveThePast();
      if (state.reason === 'closed') connections.delete(made);
    };
    const made = new RedisConnection(client, times, prepare, onState);
    connections.add(made);
    return made;
  };
  sentinels?.listen((isChanged) => {
    leaveThePast();
    if (isChanged) for (const one of connections) one.retryNow();
  });

  const main = connection('commands', prepareCommands, hooks.onState?.bind(hooks));
  const started = main.outcome();
  main.connect();
  const refusals = new Refusals(log);
  const commands = new Commands(main, refusals, times.commandTimeoutMs);
  const mailbox = new RedisMailbox(
    commands,
    keys,
    (subscribe) => {
      const prepare = async (client: Redis) => {
        await refuseReplica(client);
        await subscribe(client);
      };
      return connection('mailbox', prepare, hooks.onSubscription?.bind(hooks));
    },
    log,
  );

  return {
    nodes: new RedisNodeStore(commands, keys, options.node),
    directory: new RedisDirectory(commands, keys),
    mailbox,
    snapshots: new RedisSnapshotStore(commands, keys),
    log: new RedisLogStore(commands, keys),
    sessions: new RedisSessionStore(commands, keys),
    get state() {
      return main.state;
    },
    status: () => ({
      commands: statusOf(main),
      mailbox: statusOf(mailbox.connection ?? main),
      refused: refusals.view,
    }),
    vitals: new Vitals(commands, main),
    callTimes: commands.times,
    started,
    async close() {
      sentinels?.close();
      await Promise.all([mailbox.close(), main.close()]);
    },
  };
}

function statusOf(connection: RedisConnection): RedisState & { readonly sinceMs: number } {
  return { ...connection.state, sinceMs: Math.round(connection.sinceMs) };
}

/** `server` is for people, and has no secrets. */
function findRedis(place: RedisPlace, clientName: string) {
  if ('url' in place) {
    const found = urlOptions(place.url);
    return { place: found, server: `${found.host}:${found.port}`, sentinels: null };
  }
  const sentinels = new Sentinels(place.sentinels, clientName);
  return {
    place: sentinelOptions(place.sentinels, sentinels.connector),
    server: `master ${place.sentinels.name}`,
    sentinels,
  };
}
