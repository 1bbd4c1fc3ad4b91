import { nodeId } from '../cluster/node-key.ts';
import type { NodeKey, NodeRecord, NodeStore, Renewal } from '../cluster/ports.ts';
import type { Commands } from './commands.ts';
import type { Keys } from './keys.ts';
import { array, buffer, integer } from './reply.ts';
import { SCRIPTS } from './scripts.ts';
import { isNotPermitted } from './store-fault.ts';

/** Heartbeats: a hash per node id, with a time to live. A new life of a node takes the place of the old one. */
export class RedisNodeStore implements NodeStore {
  readonly #commands: Commands;
  readonly #keys: Keys;
  readonly #self: NodeKey;

  constructor(commands: Commands, keys: Keys, self: NodeKey) {
    this.#commands = commands;
    this.#keys = keys;
    this.#self = self;
  }

  async renew(self: NodeRecord, ttlMs: number): Promise<Renewal> {
    const { id, incarnation } = self;
    const record = JSON.stringify(self satisfies NodeRecord);
    const keys = [this.#keys.nodes, this.#keys.heartbeat(id)];
    const args = [id, incarnation, record, String(ttlMs), this.#keys.heartbeatPrefix];
    const [left, list] = array(await this.#commands.run(SCRIPTS.nodeRenew, keys, args), 'renewal');
    const leftMs = integer(left, 'time left');
    const records = array(list, 'records').map((one): NodeRecord => JSON.parse(buffer(one, 'record').toString()));
    return { nodes: records.sort((a, b) => (a.id < b.id ? -1 : 1)), leftMs: leftMs < 0 ? null : leftMs };
  }

  async isAlive(node: NodeKey): Promise<boolean> {
    const id = nodeId(node);
    const incarnation = await this.#commands.call('hget', [this.#keys.heartbeat(id), 'incarnation']);
    return incarnation instanceof Buffer && incarnation.toString() === incarnationOf(node);
  }

  async isConnected(node: NodeKey): Promise<boolean | null> {
    const nameOf = (one: NodeKey): string => ` name=${this.#keys.connectionName(one)} `;
    try {
      const list = buffer(await this.#commands.call('client', ['list']), 'client list');
      // A list without our own connection is that of a proxy, or of a server that keeps no names.
      return list.includes(nameOf(this.#self)) ? list.includes(nameOf(node)) : null;
    } catch (error) {
      // An operator may keep it from us.
      if (isNotPermitted(error)) return null;
      throw error;
    }
  }

  async remove(node: NodeKey): Promise<void> {
    const id = nodeId(node);
    const keys = [this.#keys.nodes, this.#keys.heartbeat(id)];
    await this.#commands.run(SCRIPTS.nodeRemove, keys, [id, incarnationOf(node)]);
  }
}

function incarnationOf(node: NodeKey): string {
  return node.slice(nodeId(node).length + 1);
}
