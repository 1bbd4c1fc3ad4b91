/** A real cluster (nodes, nginx, Redis) per test file, and clients that are closed and checked after each test. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Cluster, startCluster } from '../../infra/cluster/start-cluster.ts';
import { Guard } from '../support/guard.ts';
import { Client, type ConnectOptions } from '../support/independent/client.ts';
import type { Welcome } from '../support/independent/frames.ts';
import { Player, type PlayerOptions } from '../support/independent/player.ts';
import { until } from '../support/until.ts';

export interface TestCluster {
  /** Through nginx. */
  readonly url: string;
  readonly nodes: readonly { readonly id: string; readonly pid: number; readonly port: number }[];
  readonly redis: { readonly pid: number; readonly port: number };
  /** Past nginx, to one node. */
  nodeUrl(index: number): string;
}

/** NODE_ENV and the like of the test runner stay out. */
const settings = {
  PATH: process.env.PATH,
  NODE_ENV: 'development',
  ROOMS_RELAY: 'demo=snapshot,ledger=log,scratch=none',
  ROOMS_OPEN: 'false',
  LOG_LEVEL: 'warn',
};

/** What it takes to be let in. */
export interface Credentials {
  readonly origin?: string;
  readonly token?: string;
}

/** Starts before the first test of the file, stops after the last. */
export function useCluster(env: Readonly<Record<string, string>> = {}, nodes = 3): () => TestCluster {
  let started: { cluster: TestCluster; stop: () => Promise<void> } | null = null;

  beforeAll(async () => {
    const dir = await mkdtemp(join(tmpdir(), 'roomcast-'));
    const guard = new Guard();
    guard.cluster(dir);
    const running = await startCluster({
      nodes,
      port: 0,
      redisUrl: null,
      restart: true,
      dir,
      keep: false,
      env: { ...settings, ...env },
    });
    const stop = async () => {
      await running.stop();
      await guard.end();
    };
    started = { cluster: describeCluster(running), stop };
  });
  afterAll(async () => started?.stop());

  return () => {
    if (started === null) throw new Error('the cluster runs only while the tests do');
    return started.cluster;
  };
}

function describeCluster(running: Cluster): TestCluster {
  const { url, nodes, redis } = running.describe();
  const { pid, port } = redis;
  if (pid === null) throw new Error('the tests need a Redis of their own');
  return {
    url,
    nodes,
    redis: { pid, port },
    nodeUrl(index) {
      const node = nodes[index];
      if (node === undefined) throw new RangeError(`no node ${index}`);
      return `ws://127.0.0.1:${node.port}/ws`;
    },
  };
}

export class Clients {
  readonly #clients: Client[] = [];
  readonly #players: Player[] = [];

  async open(url: string, options?: ConnectOptions): Promise<Client> {
    const client = await Client.connect(url, options);
    this.#clients.push(client);
    return client;
  }

  /** Connected and welcomed. */
  async guest(
    url: string,
    options: ConnectOptions & Credentials & { resume?: string } = {},
  ): Promise<{ client: Client; welcome: Welcome }> {
    const { token, resume, ...connect } = options;
    const client = await this.open(url, connect);
    const greeting = { ...(token === undefined ? {} : { token }), ...(resume === undefined ? {} : { resume }) };
    return { client, welcome: await client.hello(greeting) };
  }

  player(options: PlayerOptions): Player {
    const player = new Player(options);
    this.#players.push(player);
    player.start();
    return player;
  }

  async closeAll(): Promise<void> {
    for (const player of this.#players.splice(0)) player.stop();
    const clients = this.#clients.splice(0);
    for (const client of clients) client.cut();
    await Promise.all(clients.map((client) => client.closed));
    expect(clients.flatMap((client) => client.faults)).toEqual([]);
  }
}

export function useClients(): Clients {
  const clients = new Clients();
  afterEach(() => clients.closeAll());
  return clients;
}

let lastRoom = 0;

/** A room that no other test uses. */
export const newRoom = (type = 'demo'): string => `${type}:${process.pid}-${++lastRoom}`;

/** All players have nothing undone, and all in one room stand at the same event. */
export async function settled(players: readonly Player[], timeoutMs: number): Promise<void> {
  await until(() => players.every((player) => player.faults.length > 0 || player.isSettled), {
    timeoutMs,
    what: 'all commands to be done',
  }).catch((cause: unknown) => {
    const busy = players.filter((player) => !player.isSettled).slice(0, 5);
    const text = busy.map((player) => `${player.name}: ${player.openCommands} open, connection ${player.links}`);
    throw new Error(`not settled: ${text.join('; ')}`, { cause });
  });
  await until(() => lagging(players).length === 0, { timeoutMs, what: 'all players to see the last event' }).catch(
    () => {
      // The verdict says it better: who ends where.
    },
  );
}

function lagging(players: readonly Player[]): string[] {
  const ends = new Map<string, string>();
  const late: string[] = [];
  for (const player of players) {
    for (const [room, { status }] of player.ledgers) {
      if (status === 'out') continue;
      const at = player.replica(room).position;
      const text = `${at?.epoch}:${at?.seq}`;
      const known = ends.get(room) ?? text;
      ends.set(room, known);
      if (known !== text) late.push(`${player.name} in ${room}`);
    }
  }
  return late;
}
