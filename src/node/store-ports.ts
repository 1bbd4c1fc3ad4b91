import type { Clock } from '../base/clock.ts';
import { MemoryDirectory } from '../cluster/memory-directory.ts';
import { MemoryMailboxHub } from '../cluster/memory-mailbox.ts';
import { MemoryNodeStore } from '../cluster/memory-node-store.ts';
import { MemoryStore } from '../cluster/memory-store.ts';
import type { Directory, Mailbox, NodeStore } from '../cluster/ports.ts';
import { MemoryLogStore } from '../room/memory-log-store.ts';
import { MemorySnapshotStore } from '../room/memory-snapshot-store.ts';
import type { LogStore, SnapshotStore } from '../room/ports.ts';
import { MemorySessionStore } from '../session/memory-session-store.ts';
import type { SessionStore } from '../session/ports.ts';

/** Everything that a node keeps outside its own process: Redis, or the twins in memory. */
export interface StorePorts {
  readonly nodes: NodeStore;
  readonly directory: Directory;
  readonly mailbox: Mailbox;
  readonly snapshots: SnapshotStore;
  readonly log: LogStore;
  readonly sessions: SessionStore;
}

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

export function lonePorts(clock: Clock): StorePorts {
  return memoryPorts(new MemoryStore(clock), new MemoryMailboxHub(clock));
}
