import { expect, test } from 'vitest';
import type { NodeRecord } from '../../../src/cluster/ports.ts';
import { onBothStores, type World } from './worlds.ts';

const TTL_MS = 30_000;

onBothStores((world) => {
  test('[nodes] each renewal answers all that live, by id', async () => {
    await expect(renew(world(), node('b'))).resolves.toEqual([node('b')]);
    await expect(renew(world(), node('a'))).resolves.toEqual([node('a'), node('b')]);
    const busy = { ...node('b'), owned: 3, members: 40, connections: 41 };
    await expect(renew(world(), busy)).resolves.toEqual([node('a'), busy]);
  });

  test('[nodes] one that does not renew is dead after its time', async () => {
    await renew(world(), node('a'));
    await world().passMs(TTL_MS / 2);
    await renew(world(), node('b'));
    await world().passMs(TTL_MS / 2);
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(world().nodes.isAlive('b:1')).resolves.toBe(true);
    await expect(renew(world(), node('c'))).resolves.toEqual([node('b'), node('c')]);
    await expect(renew(world(), node('a'))).resolves.toHaveLength(3);
  });

  test('[nodes] a short time to live of one takes none from another', async () => {
    await renew(world(), node('a'));
    await world().nodes.renew(node('b'), TTL_MS / 3);
    await world().passMs(TTL_MS / 2);
    await expect(renew(world(), node('c'))).resolves.toEqual([node('a'), node('c')]);
  });

  test('[nodes] a renewal tells how long the heartbeat would have lived without it', async () => {
    const left = async (incarnation = '1') => (await world().nodes.renew(node('a', incarnation), TTL_MS)).leftMs;
    await expect(left()).resolves.toBeNull();
    await world().passMs(TTL_MS / 2);
    const half = await left();
    expect(half).toBeLessThanOrEqual(TTL_MS / 2);
    expect(half).toBeGreaterThan(0);
    await expect(left('2')).resolves.toBeNull();
    await world().passMs(TTL_MS);
    await expect(left('2')).resolves.toBeNull();
  });

  test('[nodes] a new life of a node takes the place of the old one', async () => {
    await renew(world(), node('a', '1'));
    await expect(renew(world(), node('a', '2'))).resolves.toEqual([node('a', '2')]);
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(true);
  });

  test('[nodes] remove takes away this life only', async () => {
    await renew(world(), node('a', '2'));
    await world().nodes.remove('a:1');
    await world().nodes.remove('never:1');
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(true);
    await world().nodes.remove('a:2');
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(false);
    await expect(renew(world(), node('b'))).resolves.toEqual([node('b')]);
  });

  test('[nodes] ids with odd characters stay apart', async () => {
    const ids = ['a', 'a}', '{a', 'a b\n', 'ä', '🎲', 'a*', 'a"\\'].sort((a, b) => (a < b ? -1 : 1));
    for (const id of ids) await renew(world(), node(id));
    const all = await renew(world(), node('a'));
    expect(all.map((record) => record.id)).toEqual(ids);
    await world().nodes.remove('a}:1');
    for (const id of ids) await expect(world().nodes.isAlive(`${id}:1`)).resolves.toBe(id !== 'a}');
  });

  test('[nodes] a store that lost its data knows each again when it renews', async () => {
    await renew(world(), node('a'));
    await world().forget();
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(renew(world(), node('b'))).resolves.toEqual([node('b')]);
    await expect(renew(world(), node('a'))).resolves.toEqual([node('a'), node('b')]);
  });
});

/** Answers all that live. */
async function renew(world: World, record: NodeRecord): Promise<readonly NodeRecord[]> {
  return (await world.nodes.renew(record, TTL_MS)).nodes;
}

function node(id: string, incarnation = '1'): NodeRecord {
  return {
    id,
    incarnation,
    startedAt: 1_763_673_600_123,
    owned: 0,
    members: 0,
    connections: 0,
    beat: 1,
    draining: false,
  };
}
