import type { NodeKey } from '../cluster/ports.ts';

/**
 * Every key and channel in Redis. Room names start with a letter or a digit, so a `~` keeps ours apart from theirs.
 * Braces choose the slot in Redis Cluster: a room's hash and log lie together, and so do all heartbeats.
 */
export class Keys {
  readonly #prefix: string;
  /** Set of the ids of all nodes. */
  readonly nodes: string;
  /** What stands before the id in the key of a heartbeat. */
  readonly heartbeatPrefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.nodes = `${prefix}{~node}`;
    this.heartbeatPrefix = `${prefix}{~node}:`;
  }

  room(room: string): string {
    return `${this.#prefix}{${room}}`;
  }

  log(room: string): string {
    return `${this.#prefix}{${room}}:log`;
  }

  heartbeat(nodeId: string): string {
    return this.heartbeatPrefix + nodeId;
  }

  session(sid: string): string {
    return `${this.#prefix}~sid:${sid}`;
  }

  mailbox(nodeId: string): string {
    return `${this.#prefix}~mail:${nodeId}`;
  }

  /** What `CLIENT LIST` shows for each connection of a node; Redis takes no blanks or control characters in it. */
  connectionName(node: NodeKey): string {
    return this.#prefix + node.replace(/[^!-~]/gu, (character) => encodeURIComponent(character));
  }
}
