import type { Clock } from '../base/clock.ts';
import { MemoryDirectory } from '../cluster/memory-directory.ts';
import { MemoryMailboxHub } from '../cluster/memory-mailbox.ts';
import { MemoryNodeStore } from '../cluster/memory-node-store.ts';
import { MemoryStore } from '../cluster/memory-store.ts';
import type { RedisPorts } from '../redis/open-redis.ts';
import { MemoryLogStore } from '../room/memory-log-store.ts';
import { MemorySnapshotStore } from '../room/memory-snapshot-store.ts';
import { MemorySessionStore } from '../session/memory-session-store.ts';

/** Everything that a node keeps outside its own process: in Redis, or in the twins in memory. */
export type StorePorts = Pick<RedisPorts, 'nodes' | 'directory' | 'mailbox' | 'snapshots' | 'log' | 'sessions'>;

/**
 * What this node's heartbeat is worth to its strict rooms. `shared`: it keeps others from taking them over. `alone`: there
 * are no others. `cut-off`: there may be some, and they do not see it.
 */
export type Standing = 'shared' | 'alone' | 'cut-off';

/** The twins of one node; nodes that are given the same store and hub form a cluster. */
export function memoryPorts(store: MemoryStore, hub: MemoryMailboxHub): StorePorts {
  return {
    nodes: new MemoryNodeStore(store),
    directory: new MemoryDirectory(store),
    mailbox: hub.mailbox(),
    snapshots: new MemorySnapshotStore(store),
    log: new MemoryLogStore(store),
    sessions: new MemorySessionStore(store),
  };
}

/** Of a node that serves alone for good. */
export function lonePorts(clock: Clock): StorePorts {
  return memoryPorts(new MemoryStore(clock), new MemoryMailboxHub(clock));
}

/** Of a node that serves alone until its Redis answers: what its sessions got in that time, they tell Redis then. */
export function waitingPorts(clock: Clock): StorePorts {
  return { ...lonePorts(clock), sessions: { open: () => Promise.reject(new Error('Redis has not answered yet')) } };
}
