/**
 * The two worlds that every contract suite runs in: the in-memory twins on a virtual clock, and the Redis ports on a
 * real redis-server under a prefix of their own. A world can also do what no port may: let time pass, look at times
 * to live, lose its data.
 */
import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { MemoryDirectory } from '../../../src/cluster/memory-directory.ts';
import { MemoryMailboxHub } from '../../../src/cluster/memory-mailbox.ts';
import { MemoryNodeStore } from '../../../src/cluster/memory-node-store.ts';
import { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { Directory, Mailbox, NodeStore } from '../../../src/cluster/ports.ts';
import { Keys } from '../../../src/redis/keys.ts';
import { openRedis } from '../../../src/redis/open-redis.ts';
import { MemoryLogStore } from '../../../src/room/memory-log-store.ts';
import { MemorySnapshotStore } from '../../../src/room/memory-snapshot-store.ts';
import type { LogStore, SnapshotStore } from '../../../src/room/ports.ts';
import { MemorySessionStore } from '../../../src/session/memory-session-store.ts';
import type { SessionStore } from '../../../src/session/ports.ts';
import { type RedisServer, startRedis } from '../../support/redis-server.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

export interface World {
  readonly directory: Directory;
  readonly snapshots: SnapshotStore;
  readonly log: LogStore;
  readonly nodes: NodeStore;
  readonly sessions: SessionStore;
  /** A mailbox of another node of this cluster. */
  mailbox(): Mailbox;
  /** A mailbox of a cluster that shares the Redis (or the process) under another prefix. */
  foreignMailbox(): Mailbox;
  /** Delivers what is under way, where that takes a push. */
  settle(): void;
  /** All times to live get shorter by `ms`. */
  passMs(ms: number): Promise<void>;
  ttlMs(room: string): Promise<number | null>;
  /** The store refuses to write the room from now on, until what comes back is called. */
  refuse(room: string): Promise<() => Promise<void>>;
  /** Loses all data. */
  forget(): Promise<void>;
  /** The store's clock, ms since 1970. */
  timeMs(): Promise<number>;
  close(): Promise<void>;
}

/** Declares the tests once for each world; `world()` is a fresh one in each test. */
export function onBothStores(tests: (world: () => World) => void): void {
  describe('in memory', () => {
    let world: World;
    beforeEach(() => {
      world = memoryWorld();
    });
    tests(() => world);
  });
  describe('on Redis', () => {
    let server: RedisServer;
    let world: World;
    beforeAll(async () => {
      server = await startRedis();
    });
    afterAll(() => server.stop());
    beforeEach(async () => {
      world = await redisWorld(server);
    });
    afterEach(() => world.close());
    tests(() => world);
  });
}

export function memoryWorld(): World {
  const clock = new VirtualClock();
  const store = new MemoryStore(clock);
  const hub = new MemoryMailboxHub(clock);
  return {
    directory: new MemoryDirectory(store),
    snapshots: new MemorySnapshotStore(store),
    log: new MemoryLogStore(store),
    nodes: new MemoryNodeStore(store),
    sessions: new MemorySessionStore(store),
    mailbox: () => hub.mailbox(),
    foreignMailbox: () => new MemoryMailboxHub(clock).mailbox(),
    settle: () => clock.settle(),
    passMs: async (ms) => clock.advance(ms),
    ttlMs: async (room) => store.rooms.ttlMs(room),
    async refuse(room) {
      store.refused.add(room);
      return async () => void store.refused.delete(room);
    },
    forget: async () => store.clear(),
    timeMs: async () => clock.wall(),
    close: async () => {},
  };
}

export async function redisWorld(server: RedisServer): Promise<World> {
  const prefix = `t${randomUUID()}:`;
  const open = (node: string, at: string) => openRedis({ url: server.url, prefix: at, node }, silentLogger);
  const ports = open('tested:1', prefix);
  await ports.started;
  const opened = [ports];
  const another = (at: string) => {
    const others = open(`another:${opened.length}`, at);
    opened.push(others);
    // It must be up before the test publishes; a mailbox that listens says nothing of the commands.
    const { mailbox } = others;
    const up = async <T>(then: () => Promise<T>) => {
      await others.started;
      return then();
    };
    return {
      open: (id: string, onPacket: (packet: Uint8Array) => void) => up(() => mailbox.open(id, onPacket)),
      publish: (id: string, packet: Uint8Array) => mailbox.publish(id, packet),
      reconnect: () => mailbox.reconnect(),
      close: () => mailbox.close(),
    };
  };
  const raw = new Redis(server.port, '127.0.0.1');
  const own = () => raw.keys(`${prefix}*`);
  return {
    ...ports,
    mailbox: () => another(prefix),
    foreignMailbox: () => another(`${prefix}x:`),
    settle: () => {},
    async passMs(ms) {
      for (const key of await own()) await raw.pexpire(key, Math.max(0, (await raw.pttl(key)) - ms));
    },
    async ttlMs(room) {
      const keys = new Keys(prefix);
      const [ofRoom, ofLog] = [await raw.pttl(keys.room(room)), await raw.pttl(keys.log(room))];
      if (ofLog !== -2 && Math.abs(ofLog - ofRoom) > 1_000) throw new Error(`log lives ${ofLog}, room ${ofRoom} ms`);
      return ofRoom === -2 ? null : ofRoom;
    },
    async refuse(room) {
      const key = new Keys(prefix).room(room);
      // Another kind of value under the room's name, as something else that uses this Redis might put there.
      await raw.rename(key, `${key}:aside`);
      await raw.set(key, 'not a room');
      return async () => void (await raw.rename(`${key}:aside`, key));
    },
    async forget() {
      for (const key of await own()) await raw.del(key);
    },
    async timeMs() {
      const [seconds, micros] = await raw.time();
      return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
    },
    async close() {
      for (const one of opened) await one.close();
      raw.disconnect();
    },
  };
}
