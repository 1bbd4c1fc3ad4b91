/** Nodes in this process, as `startNode` makes them: on a free port, quiet, stopped after each test. */
import { afterEach } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { type RunningNode, startNode } from '../../src/node/start-node.ts';

export interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

export class NodeInProcess {
  readonly #node: RunningNode;

  constructor(node: RunningNode) {
    this.#node = node;
  }

  get id(): string {
    return this.#node.id;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#node.port}/ws`;
  }

  async get<T>(path: string): Promise<Answer<T>> {
    const response = await fetch(`http://127.0.0.1:${this.#node.port}${path}`);
    return { status: response.status, body: (await response.json()) as T };
  }

  stop(): Promise<void> {
    return this.#node.stop();
  }
}

/** The settings are `env`, and what a test needs of others. */
export function useNodesInProcess(): (env: Readonly<Record<string, string>>) => Promise<NodeInProcess> {
  const nodes: NodeInProcess[] = [];
  afterEach(async () => {
    await Promise.all(nodes.splice(0).map((node) => node.stop()));
  });
  return async (env) => {
    const config = loadConfig({ PORT: '0', ROOMS_RELAY: 'demo=snapshot,ledger=log,scratch=none', ...env });
    const node = new NodeInProcess(await startNode(config, silentLogger));
    nodes.push(node);
    return node;
  };
}
