import { expect, test } from 'vitest';
import type { NodeRecord } from '../../../src/cluster/ports.ts';
import { onBothStores } from './worlds.ts';

const TTL_MS = 30_000;

onBothStores((world) => {
  test('[nodes] each renewal answers all that live, by id', async () => {
    await expect(world().nodes.renew(node('b'), TTL_MS)).resolves.toEqual([node('b')]);
    await expect(world().nodes.renew(node('a'), TTL_MS)).resolves.toEqual([node('a'), node('b')]);
    const busy = { ...node('b'), owned: 3, members: 40, connections: 41 };
    await expect(world().nodes.renew(busy, TTL_MS)).resolves.toEqual([node('a'), busy]);
  });

  test('[nodes] one that does not renew is dead after its time', async () => {
    await world().nodes.renew(node('a'), TTL_MS);
    await world().passMs(TTL_MS / 2);
    await world().nodes.renew(node('b'), TTL_MS);
    await world().passMs(TTL_MS / 2);
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(world().nodes.isAlive('b:1')).resolves.toBe(true);
    await expect(world().nodes.renew(node('c'), TTL_MS)).resolves.toEqual([node('b'), node('c')]);
    await expect(world().nodes.renew(node('a'), TTL_MS)).resolves.toHaveLength(3);
  });

  test('[nodes] a short time to live of one takes none from another', async () => {
    await world().nodes.renew(node('a'), TTL_MS);
    await world().nodes.renew(node('b'), TTL_MS / 3);
    await world().passMs(TTL_MS / 2);
    await expect(world().nodes.renew(node('c'), TTL_MS)).resolves.toEqual([node('a'), node('c')]);
  });

  test('[nodes] a new life of a node takes the place of the old one', async () => {
    await world().nodes.renew(node('a', '1'), TTL_MS);
    await expect(world().nodes.renew(node('a', '2'), TTL_MS)).resolves.toEqual([node('a', '2')]);
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(true);
  });

  test('[nodes] remove takes away this life only', async () => {
    await world().nodes.renew(node('a', '2'), TTL_MS);
    await world().nodes.remove('a:1');
    await world().nodes.remove('never:1');
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(true);
    await world().nodes.remove('a:2');
    await expect(world().nodes.isAlive('a:2')).resolves.toBe(false);
    await expect(world().nodes.renew(node('b'), TTL_MS)).resolves.toEqual([node('b')]);
  });

  test('[nodes] ids with odd characters stay apart', async () => {
    const ids = ['a', 'a}', '{a', 'a b\n', 'ä', '🎲', 'a*', 'a"\\'].sort((a, b) => (a < b ? -1 : 1));
    for (const id of ids) await world().nodes.renew(node(id), TTL_MS);
    const all = await world().nodes.renew(node('a'), TTL_MS);
    expect(all.map((record) => record.id)).toEqual(ids);
    await world().nodes.remove('a}:1');
    for (const id of ids) await expect(world().nodes.isAlive(`${id}:1`)).resolves.toBe(id !== 'a}');
  });

  test('[nodes] a store that lost its data knows each again when it renews', async () => {
    await world().nodes.renew(node('a'), TTL_MS);
    await world().forget();
    await expect(world().nodes.isAlive('a:1')).resolves.toBe(false);
    await expect(world().nodes.renew(node('b'), TTL_MS)).resolves.toEqual([node('b')]);
    await expect(world().nodes.renew(node('a'), TTL_MS)).resolves.toEqual([node('a'), node('b')]);
  });
});

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
