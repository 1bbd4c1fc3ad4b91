/** Starts a whole cluster on this machine: for `npm run cluster`, the cluster tests and the benches. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { type ClusterFile, ClusterFiles } from './files.ts';
import { writeNginxFiles } from './nginx-files.ts';
import { Part, type PartPlan } from './part.ts';
import { freePorts, isFree, nextFreePort } from './ports.ts';
import { groupLives, identify, lives } from './process-table.ts';
import { findProgram } from './programs.ts';
import { listens, readyz, redisAnswers } from './ready.ts';
import { Supervisor } from './supervisor.ts';

export interface ClusterOptions {
  readonly nodes: number;
  /** Where nginx listens. null: 8080 or the next free one; 0: any free one. */
  readonly port: number | null;
  /** A Redis that runs already; null starts one. */
  readonly redisUrl: string | null;
  readonly restart: boolean;
  readonly dir: string;
  /** Keep Redis data and logs in `dir` after the stop. */
  readonly keep: boolean;
  /** What the nodes get as their environment, besides what the cluster decides itself. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** More for one node, over all that the cluster decides: by its id, node1 and on. */
  readonly nodeEnv?: (id: string) => Readonly<Record<string, string | undefined>>;
  /** The program of a node; src/main.ts when absent. */
  readonly main?: string;
  readonly onEvent?: (text: string) => void;
  /** Gives up a start under way. */
  readonly signal?: AbortSignal;
}

export interface Cluster {
  readonly dir: string;
  /** What cluster.json holds now. */
  describe(): ClusterFile;
  logPath(part: string): string;
  /** Ends all processes and removes all files. */
  stop(): Promise<void>;
}

const PORT = 8_080;
const REDIS_PORT = 6_379;

const project = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const port = await nginxPort(options.port);
  const external = options.redisUrl === null ? null : await reachableRedis(options.redisUrl);
  const files = claimFolder(options);
  let ready = false;
  const supervisor = new Supervisor(files, {
    supervisor: identify(process.pid, process.argv[1] ?? process.execPath),
    restart: options.restart,
    keep: options.keep,
    onEvent: options.onEvent ?? (() => {}),
    onChange: () => {
      if (ready) files.writeCluster(describe());
    },
  });
  const stop = (): Promise<void> => supervisor.stop();
  const giveUp = (): void => void stop();
  options.signal?.addEventListener('abort', giveUp, { once: true });

  const [redisPort = 0, ...nodePorts] = await freePorts(options.nodes + 1);
  const redis = external === null ? new Part(redisPlan(files, options, redisPort)) : null;
  const redisUrl = external?.url ?? `redis://127.0.0.1:${redisPort}`;
  const secret = randomBytes(32).toString('hex');
  const nodes = nodePorts.map(
    (nodePort, i) => new Part(nodePlan(files, options, `node${i + 1}`, nodePort, redisUrl, secret)),
  );
  const nginx = new Part(nginxPlan(files, options, port, nodePorts));

  const pidOf = (part: Part): number => part.identity?.pid ?? 0;
  const describe = (): ClusterFile => ({
    url: `ws://127.0.0.1:${port}/ws`,
    nginx: { pid: pidOf(nginx), port },
    redis: { pid: redis === null ? null : pidOf(redis), port: external?.port ?? redisPort },
    nodes: nodes.map((part) => ({ id: part.plan.name, pid: pidOf(part), port: part.plan.port })),
  });

  try {
    options.signal?.throwIfAborted();
    if (redis !== null) await supervisor.start(redis);
    await Promise.all(nodes.map((part) => supervisor.start(part)));
    await supervisor.start(nginx);
    ready = true;
    files.writeCluster(describe());
  } catch (cause) {
    await stop();
    throw cause;
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
  }
  return { dir: files.dir, describe, logPath: (part) => files.log(part), stop };
}

async function nginxPort(wanted: number | null): Promise<number> {
  if (wanted === null) return nextFreePort(PORT);
  if (wanted === 0) return (await freePorts(1))[0] ?? 0;
  if (!(await isFree(wanted))) throw new Error(`port ${wanted} is taken: give a free one with --port`);
  return wanted;
}

async function reachableRedis(text: string): Promise<{ url: string; port: number }> {
  const url = new URL(text);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || REDIS_PORT);
  const there = url.protocol === 'rediss:' ? await listens(host, port) : await redisAnswers(host, port);
  if (!there) throw new Error(`no Redis answers at ${host}:${port} (--redis)`);
  return { url: text, port };
}

/** The folder, marked as in use by this process; throws when a cluster, or what is left of one, runs from it. */
function claimFolder(options: ClusterOptions): ClusterFiles {
  const files = new ClusterFiles(options.dir);
  const before = files.readProcesses();
  if (before !== null) {
    if (lives(before.supervisor)) {
      throw new Error(
        `a cluster runs in ${files.dir} already (pid ${before.supervisor.pid}): stop it with \`npm run cluster:stop\`, or give another folder with --dir`,
      );
    }
    const left = before.parts.filter(groupLives).map(({ pid }) => pid);
    if (left.length > 0) {
      throw new Error(
        `a cluster in ${files.dir} lost its supervisor, but its processes ${left.join(', ')} run: end them with \`npm run cluster:stop\``,
      );
    }
    files.remove(before.keep);
  }
  files.prepare();
  files.claim({
    supervisor: identify(process.pid, process.argv[1] ?? process.execPath),
    keep: options.keep,
    restart: options.restart,
    parts: [],
  });
  return files;
}

function redisPlan(files: ClusterFiles, options: ClusterOptions, port: number): PartPlan {
  const config = project('infra/redis/redis.conf');
  return {
    name: 'redis',
    port,
    program: findProgram('redis-server') ?? 'redis-server',
    args: [config, '--port', String(port), '--dir', files.path('redis')],
    env: options.env,
    mark: 'redis-server',
    logPath: files.log('redis'),
    isReady: () => redisAnswers('127.0.0.1', port),
  };
}

function nodePlan(
  files: ClusterFiles,
  options: ClusterOptions,
  id: string,
  port: number,
  redisUrl: string,
  secret: string,
): PartPlan {
  const main = options.main ?? project('src/main.ts');
  return {
    name: id,
    port,
    program: process.execPath,
    args: [main],
    env: {
      ...options.env,
      // As README promises: `demo:1` works at once, and all nodes share one secret.
      NODE_ENV: options.env.NODE_ENV || 'development',
      ROOMS_OPEN: options.env.ROOMS_OPEN || 'true',
      SESSION_SECRET: options.env.SESSION_SECRET || secret,
      // nginx and the readiness checks look for the nodes here.
      HOST: '127.0.0.1',
      PORT: String(port),
      NODE_ID: id,
      REDIS_URL: redisUrl,
      ...options.nodeEnv?.(id),
    },
    mark: main,
    logPath: files.log(id),
    isReady: () => readyz(port),
  };
}

function nginxPlan(files: ClusterFiles, options: ClusterOptions, port: number, nodePorts: readonly number[]): PartPlan {
  return {
    name: 'nginx',
    port,
    program: findProgram('nginx') ?? 'nginx',
    args: writeNginxFiles(files, project('nginx.conf'), port, nodePorts),
    env: options.env,
    mark: 'nginx',
    logPath: files.log('nginx'),
    isReady: () => readyz(port),
  };
}
