import { beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { Membership } from '../../../src/cluster/membership.ts';
import { MemoryNodeStore } from '../../../src/cluster/memory-node-store.ts';
import { MemoryStore } from '../../../src/cluster/memory-store.ts';
import type { NodeRecord, NodeStore } from '../../../src/cluster/ports.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const BEAT_MS = 1_000;
const TTL_MS = 3_000;

let clock: VirtualClock;
let store: MemoryStore;

beforeEach(() => {
  clock = new VirtualClock();
  store = new MemoryStore(clock);
});

class Node {
  readonly membership: Membership;
  readonly heard: string[] = [];
  lapses = 0;
  /** What its store does: serve, fail, or stall with an answer when it serves again. */
  mode: 'serve' | 'fail' | 'stall' = 'serve';
  #stalled: (() => void)[] = [];
  readonly #record: Omit<NodeRecord, 'beat'>;

  constructor(id: string, incarnation = '1') {
    this.#record = { id, incarnation, startedAt: clock.wall(), owned: 0, members: 0, connections: 0, draining: false };
    const inner = new MemoryNodeStore(store);
    const gate = async <R>(run: () => Promise<R>): Promise<R> => {
      if (this.mode === 'stall') await new Promise<void>((resume) => this.#stalled.push(resume));
      if (this.mode === 'fail') throw new Error('the store is away');
      return run();
    };
    const gated: NodeStore = {
      renew: (self, ttlMs) => gate(() => inner.renew(self, ttlMs)),
      isConnected: () => gate(() => inner.isConnected()),
      isAlive: (node) => gate(() => inner.isAlive(node)),
      remove: (node) => gate(() => inner.remove(node)),
    };
    const events = {
      onUp: (node: string) => void this.heard.push(`+${node}`),
      onDown: (node: string) => void this.heard.push(`-${node}`),
      onLapsed: () => void this.lapses++,
    };
    this.membership = new Membership(gated, clock, silentLogger, () => this.#record, events, {
      heartbeatMs: BEAT_MS,
      ttlMs: TTL_MS,
    });
  }

  async start(): Promise<this> {
    await this.membership.start();
    return this;
  }

  serveAgain(): void {
    this.mode = 'serve';
    for (const resume of this.#stalled.splice(0)) resume();
  }

  get known(): string[] {
    return this.membership.nodes().map(({ id, incarnation }) => `${id}:${incarnation}`);
  }
}

async function steady(...ids: string[]): Promise<Node[]> {
  const nodes: Node[] = [];
  for (const id of ids) nodes.push(await new Node(id).start());
  await clock.run(2 * TTL_MS);
  return nodes;
}

describe('coming and going', () => {
  test('a node hears of itself and of others within a beat', async () => {
    const a = await new Node('a').start();
    await new Node('b').start();
    await clock.run(BEAT_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
  });

  test('a node that stops in peace is gone at the next beat', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    await b.membership.stop();
    await clock.run(BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
    expect(a.known).toEqual(['a:1']);
  });

  test('a node that does not renew is down after its TTL, and not before', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    b.mode = 'stall';
    await clock.run(TTL_MS - BEAT_MS);
    expect(a.known).toContain('b:1');
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });

  test('a newer life proves the older one dead at once, new before old', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    b.mode = 'stall';
    await new Node('b', '2').start();
    await clock.run(BEAT_MS);
    expect(a.heard.slice(-2)).toEqual(['+b:2', '-b:1']);
    expect(a.membership.isDead('b:1')).toBe(true);
  });

  test('nothing runs after stop', async () => {
    const a = await new Node('a').start();
    await a.membership.stop();
    expect(clock.timers).toBe(0);
    expect(store.nodes.live()).toEqual([]);
  });
});

describe('who may be taken over', () => {
  test('nobody within one TTL after the start', async () => {
    const a = await new Node('a').start();
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('x:1')).toBe(false);
    await clock.run(1);
    expect(a.membership.isDead('x:1')).toBe(true);
  });

  test('nobody within one TTL after the store was away', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    a.mode = 'fail';
    b.mode = 'fail';
    await clock.run(2 * TTL_MS);
    a.mode = 'serve';
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('b:1')).toBe(false);
    expect(a.known).toContain('b:1');
    await clock.run(2 * BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
  });

  test('nobody within one TTL after a stall of the store in which keys ran out', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    a.mode = 'stall';
    b.mode = 'stall';
    await clock.run(2 * TTL_MS);
    a.serveAgain();
    await clock.run(BEAT_MS);
    expect(a.heard).not.toContain('-b:1');
    b.serveAgain();
    await clock.run(2 * TTL_MS);
    expect(a.heard).not.toContain('-b:1');
  });

  test('nobody within one TTL after the connection to the store came back, though no renewal failed', async () => {
    const [a] = (await steady('a')) as [Node];
    const before = a.lapses;
    a.membership.storeReturned();
    await clock.idle();
    expect(a.lapses).toBe(before + 1);
    await clock.run(TTL_MS - 1);
    expect(a.membership.isDead('x:1')).toBe(false);
    await clock.run(1);
    expect(a.membership.isDead('x:1')).toBe(true);
  });

  test('nobody when the store turns out to be another one', async () => {
    const [a] = (await steady('a')) as [Node];
    a.membership.storeReturned();
    expect(a.membership.isDead('x:1')).toBe(false);
    await clock.run(TTL_MS + BEAT_MS);
    expect(a.membership.isDead('x:1')).toBe(true);
  });

  test('no node that is known, and not oneself', async () => {
    const [a] = (await steady('a', 'b')) as [Node];
    expect([a.membership.isDead('a:1'), a.membership.isDead('b:1')]).toEqual([false, false]);
  });

  test('an earlier life of oneself, even before the first TTL is over', async () => {
    const a = await new Node('a', '2').start();
    expect(a.membership.isDead('a:1')).toBe(true);
  });
});

describe('what others may have done without us', () => {
  test('a node that comes and goes between two beats is told gone when it was heard of', async () => {
    const [a] = (await steady('a')) as [Node];
    a.membership.heard('b:1');
    await clock.run(BEAT_MS);
    expect(a.heard.at(-1)).toBe('-b:1');
    await clock.run(TTL_MS);
    expect(a.heard.filter((event) => event === '-b:1')).toHaveLength(1);
  });

  test('a node that is heard of before the list shows it is not told gone', async () => {
    const [a] = (await steady('a')) as [Node];
    await new Node('b').start();
    a.membership.heard('b:1');
    await clock.run(TTL_MS);
    expect(a.heard).toEqual(['+a:1', '+b:1']);
  });

  test('a lapse of the own key is told at once, and again when no other can still act on it', async () => {
    const [a] = (await steady('a')) as [Node];
    const before = a.lapses;
    a.mode = 'fail';
    await clock.run(TTL_MS);
    a.mode = 'serve';
    await clock.run(BEAT_MS);
    expect(a.lapses).toBe(before + 1);
    await clock.run(2 * TTL_MS);
    expect(a.lapses).toBe(before + 2);
  });
});

describe('find', () => {
  test('sees a node that came since the last beat', async () => {
    const [a] = (await steady('a')) as [Node];
    await new Node('b').start();
    await expect(a.membership.find('b:1')).resolves.toBe('alive');
    expect(a.heard.at(-1)).toBe('+b:1');
  });

  test('sees a newer life of a node while the older one is on the list', async () => {
    const [a, b] = (await steady('a', 'b')) as [Node, Node];
    b.mode = 'stall';
    await new Node('b', '2').start();
    await expect(a.membership.find('b:2')).resolves.toBe('alive');
  });

  test('sees it while a renewal from before is under way', async () => {
    const [a] = (await steady('a')) as [Node];
    a.mode = 'stall';
    await clock.run(BEAT_MS);
    await new Node('b').start();
    const found = a.membership.find('b:1');
    a.serveAgain();
    await expect(found).resolves.toBe('alive');
  });

  test('tells that a node is gone', async () => {
    const [a] = (await steady('a')) as [Node];
    await expect(a.membership.find('b:1')).resolves.toBe('gone');
  });

  test('can not tell while the store is away', async () => {
    const [a] = (await steady('a')) as [Node];
    a.mode = 'fail';
    await expect(a.membership.find('b:1')).resolves.toBe('unknown');
  });
});
