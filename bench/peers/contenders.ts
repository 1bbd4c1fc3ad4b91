import { fileURLToPath } from 'node:url';
import { RAW_UWS, ROOMCAST, type ServerKind } from '../servers/launch.ts';
import type { SwarmPlan } from '../swarm/plan.ts';

/** What a server is asked to do; see bench/README.md. */
export type Job = 'fanout' | 'relay' | 'tick';

/** One server in one job. */
export interface Contender {
  readonly server: string;
  readonly job: Job;
  readonly kind: ServerKind;
  readonly nodes: number;
  /** With a Redis of its own, whose address it finds in REDIS_URL. */
  readonly redis: boolean;
  /** Where the search for its best load begins: messages per second of each client, or rooms. A guess costs time only. */
  readonly from: number;
  /** What its clients have to know of its rooms. */
  readonly rooms?: Pick<SwarmPlan, 'seats' | 'roomType' | 'traffic'>;
}

const alone = { nodes: 1, redis: false } as const;
const twoNodes = { nodes: 2, redis: true } as const;

function peer(name: string, dialect: ServerKind['dialect'], script: string, env: ServerKind['env'] = {}): ServerKind {
  return { name, dialect, script: fileURLToPath(new URL(script, import.meta.url)), env };
}

function socketIo(name: string, engine: 'ws' | 'uws', adapter: 'memory' | 'redis' | 'sharded'): ServerKind {
  return peer(name, 'socket.io', './socket-io.mjs', { ENGINE: engine, ADAPTER: adapter });
}

/** In memory and on two nodes alike, so that both have the same secret. */
const roomcast: ServerKind = {
  ...ROOMCAST,
  env: { ...ROOMCAST.env, SESSION_SECRET: 'of the bench, known to everybody' },
};
const ws = peer('ws', 'raw', './ws-redis.mjs');

/** In the order of the tables; the first of each job is what the others are compared with. */
const CONTENDERS: readonly Contender[] = [
  { server: 'roomcast', job: 'fanout', kind: roomcast, ...alone, from: 60 },
  { server: 'raw', job: 'fanout', kind: RAW_UWS, ...alone, from: 40 },
  { server: 'ws', job: 'fanout', kind: ws, ...alone, from: 5 },
  { server: 'socket.io', job: 'fanout', kind: socketIo('Socket.IO', 'ws', 'memory'), ...alone, from: 5 },
  { server: 'socket.io', job: 'fanout', kind: socketIo('Socket.IO on uWS', 'uws', 'memory'), ...alone, from: 10 },
  {
    server: 'colyseus',
    job: 'fanout',
    kind: peer('Colyseus', 'colyseus', './colyseus.mjs'),
    ...alone,
    from: 8,
    rooms: { seats: 'fanout' },
  },
  { server: 'roomcast', job: 'relay', kind: { ...roomcast, name: 'Roomcast, 2 nodes' }, ...twoNodes, from: 40 },
  { server: 'ws', job: 'relay', kind: { ...ws, name: 'ws + ioredis, 2 nodes' }, ...twoNodes, from: 4 },
  {
    server: 'socket.io',
    job: 'relay',
    kind: socketIo('Socket.IO, Redis adapter, 2 nodes', 'ws', 'redis'),
    ...twoNodes,
    from: 4,
  },
  {
    server: 'socket.io',
    job: 'relay',
    kind: socketIo('Socket.IO, sharded adapter, 2 nodes', 'ws', 'sharded'),
    ...twoNodes,
    from: 4,
  },
  {
    server: 'socket.io',
    job: 'relay',
    kind: socketIo('Socket.IO on uWS, Redis adapter, 2 nodes', 'uws', 'redis'),
    ...twoNodes,
    from: 6,
  },
  {
    server: 'roomcast',
    job: 'tick',
    kind: { ...roomcast, env: { ...roomcast.env, ROOMS_DIR: 'bench/rooms' } },
    ...alone,
    from: 150,
    rooms: { roomType: 'tick60', traffic: 'ticks' },
  },
  {
    server: 'colyseus',
    job: 'tick',
    kind: peer('Colyseus', 'colyseus-tick', './colyseus.mjs'),
    ...alone,
    from: 40,
    rooms: { seats: 'tick60' },
  },
];

export const SERVERS = [...new Set(CONTENDERS.map(({ server }) => server))];
export const JOBS = ['fanout', 'relay', 'tick'] as const satisfies readonly Job[];

/** `only`: `all`, a job, or a server. */
export function chosenContenders(only: string): readonly Contender[] {
  return CONTENDERS.filter(({ server, job }) => only === 'all' || only === job || only === server);
}
