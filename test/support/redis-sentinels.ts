/**
 * A Redis with Sentinel as operators run it: a master, replicas, and sentinels that watch them, all as processes of this
 * machine. They fail over by themselves when the master is gone for `downAfterMs`, or at once by `failover()`.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { must } from '../../src/base/assert.ts';
import { type RedisProcess, startProcess } from './redis-process.ts';
import { type RedisServer, startRedis } from './redis-server.ts';
import { until } from './until.ts';

export interface SentinelOptions {
  readonly replicas?: number;
  readonly sentinels?: number;
  /** How long the sentinels wait for a master that does not answer. */
  readonly downAfterMs?: number;
  /** Asked for by the master, its replicas, and by nobody else. */
  readonly password?: string;
  /** Asked for by the sentinels themselves. */
  readonly sentinelPassword?: string;
  /** More lines for the redis.conf of master and replicas. */
  readonly conf?: Readonly<Record<string, string>>;
}

export interface SentinelCluster {
  /** By which the sentinels know the master. */
  readonly name: string;
  /** The first one is the first master. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisProcess[];
  /** `host:port,…` of the sentinels. */
  readonly nodes: string;
  /** The server that most sentinels take for the master. */
  master(): Promise<RedisServer>;
  /** Makes a replica the master while the old one lives; resolves when the sentinels agree on it. */
  failover(): Promise<RedisServer>;
  stop(): Promise<void>;
}

const NAME = 'mymaster';
/** Sentinels find each other by a message every 2 s, and see to a failover in steps of up to a second. */
const PATIENCE = { timeoutMs: 30_000 };

export async function startSentinels(options: SentinelOptions = {}): Promise<SentinelCluster> {
  const { replicas = 2, sentinels: count = 3, password } = options;
  const running: RedisProcess[] = [];
  const stop = async () => {
    await Promise.all(running.map((one) => one.stop()));
  };
  try {
    const auth = password === undefined ? {} : { requirepass: password, masterauth: password };
    // A replica takes its data without a pause of 5 s for more replicas to come.
    const conf = { 'repl-diskless-sync-delay': '0', ...auth, ...options.conf };
    const first = await startRedis({ conf });
    running.push(first);
    const others = await Promise.all(
      Array.from({ length: replicas }, () => startRedis({ conf: { ...conf, replicaof: `127.0.0.1 ${first.port}` } })),
    );
    running.push(...others);
    const servers = [first, ...others];
    // Before the sentinels look: they ask a master for its replicas at once, and then every 10 s only.
    await until(async () => (await replicasOf(first.port, password)) === replicas, PATIENCE);
    const quorum = Math.floor(count / 2) + 1;
    const sentinels = await Promise.all(
      Array.from({ length: count }, () => startSentinel(first.port, quorum, options)),
    );
    running.push(...sentinels);

    const views = () => Promise.all(sentinels.map((one) => viewOf(one.port, options.sentinelPassword)));
    await until(
      async () => (await views()).every((view) => view.sentinels === count - 1 && view.replicas === replicas),
      { ...PATIENCE, what: 'the sentinels to know each other and all replicas' },
    );
    const master = async () => {
      const ports = (await views()).map(({ port }) => port);
      const found = servers.find(({ port }) => ports.filter((one) => one === port).length >= quorum);
      return must(found, 'a master that most sentinels agree on');
    };
    return {
      name: NAME,
      servers,
      sentinels,
      nodes: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(','),
      master,
      async failover() {
        const before = await master();
        const ask = async () => {
          // One that was paused trusts nobody, itself least, for 30 s: it would take the order and do nothing.
          const awake = await Promise.all(sentinels.map((one) => isAwake(one.port, options.sentinelPassword)));
          const leader = must(sentinels[awake.indexOf(true)], 'a sentinel that acts');
          return sentinelSays(leader.port, options.sentinelPassword, 'failover', NAME);
        };
        // Refused while a failover is still on its way, or where no replica looks good to it yet.
        await until(ask, { ...PATIENCE, what: 'the sentinel to begin a failover' });
        return until(
          async () => {
            const after = await master();
            return after === before ? null : after;
          },
          { ...PATIENCE, what: 'the sentinels to agree on a new master' },
        );
      },
      stop,
    };
  } catch (cause) {
    await stop();
    throw cause;
  }
}

function startSentinel(masterPort: number, quorum: number, options: SentinelOptions): Promise<RedisProcess> {
  const { downAfterMs = 1_000, password, sentinelPassword } = options;
  return startProcess({
    args: (port, dir) => {
      const lines = [
        `port ${port}`,
        'bind 127.0.0.1',
        `dir ${dir}`,
        `sentinel monitor ${NAME} 127.0.0.1 ${masterPort} ${quorum}`,
        `sentinel down-after-milliseconds ${NAME} ${downAfterMs}`,
        // Also how long an election that nobody won lasts, and a master is left alone after a failover, halved.
        `sentinel failover-timeout ${NAME} 4000`,
        ...(password === undefined ? [] : [`sentinel auth-pass ${NAME} ${password}`]),
        ...(sentinelPassword === undefined
          ? []
          : [`requirepass ${sentinelPassword}`, `sentinel sentinel-pass ${sentinelPassword}`]),
      ];
      // A sentinel writes what it learns into its configuration, so it takes no settings from the command line.
      const file = join(dir, 'sentinel.conf');
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file, '--sentinel'];
    },
    ready: '+monitor master',
  });
}

async function replicasOf(port: number, password: string | undefined): Promise<number> {
  const info = await asked(port, password, (client) => client.info('replication'));
  return [...info.matchAll(/state=online/g)].length;
}

interface View {
  readonly port: number;
  readonly replicas: number;
  readonly sentinels: number;
}

/** One that does not answer knows nothing. */
async function viewOf(port: number, password: string | undefined): Promise<View> {
  const reply = await sentinelSays(port, password, 'master', NAME).catch(() => ({}));
  const fields = (Array.isArray(reply) ? Object.fromEntries(pairs(reply)) : reply) as Record<string, string>;
  return {
    port: Number(fields.port),
    replicas: Number(fields['num-slaves']),
    sentinels: Number(fields['num-other-sentinels']),
  };
}

async function isAwake(port: number, password: string | undefined): Promise<boolean> {
  const info = await asked(port, password, (client) => client.info('sentinel')).catch(() => '');
  return info.includes('sentinel_tilt:0');
}

function pairs(flat: readonly unknown[]): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 0; i + 1 < flat.length; i += 2) found.push([String(flat[i]), String(flat[i + 1])]);
  return found;
}

function sentinelSays(port: number, password: string | undefined, ...words: string[]): Promise<unknown> {
  return asked(port, password, (client) => client.call('sentinel', words));
}

async function asked<T>(port: number, password: string | undefined, ask: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({
    port,
    host: '127.0.0.1',
    retryStrategy: () => null,
    commandTimeout: 1_000,
    ...(password === undefined ? {} : { password }),
  });
  // Without a listener each failure would be printed; it rejects the command as well.
  client.on('error', () => {});
  try {
    return await ask(client);
  } finally {
    client.disconnect();
  }
}
