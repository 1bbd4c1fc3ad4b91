import type { MemoryStore } from './memory-store.ts';
import type { NodeKey, NodeRecord, NodeStore, Renewal } from './ports.ts';

/** The in-memory twin of Redis' node-renew and node-remove scripts. */
export class MemoryNodeStore implements NodeStore {
  readonly #store: MemoryStore;

  constructor(store: MemoryStore) {
    this.#store = store;
  }

  async renew(self: NodeRecord, ttlMs: number): Promise<Renewal> {
    const { nodes } = this.#store;
    const leftMs = nodes.get(self.id)?.incarnation === self.incarnation ? nodes.ttlMs(self.id) : null;
    nodes.set(self.id, { ...self }, ttlMs);
    return { nodes: nodes.live().sort((a, b) => (a.id < b.id ? -1 : 1)), leftMs };
  }

  async isAlive(node: NodeKey): Promise<boolean> {
    return this.#find(node) !== undefined;
  }

  /** Nothing here has connections. */
  async isConnected(): Promise<null> {
    return null;
  }

  async remove(node: NodeKey): Promise<void> {
    const found = this.#find(node);
    if (found !== undefined) this.#store.nodes.delete(found.id);
  }

  #find(node: NodeKey): NodeRecord | undefined {
    return this.#store.nodes.live().find((record) => `${record.id}:${record.incarnation}` === node);
  }
}
