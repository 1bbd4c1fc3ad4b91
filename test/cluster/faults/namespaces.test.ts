/** One node and Redis lose each other without a word: packets vanish between network namespaces. */
import { describe, expect, it } from 'vitest';
import { NamespacedRedis } from './namespaced-redis.ts';
import { type Partition, runPartition } from './partition.ts';
import { useWorld } from './world.ts';

const isPossible = NamespacedRedis.isPossible();

function rows(): void {
  const world = useWorld({ store: (guard) => NamespacedRedis.start(guard, ['node1', 'node2', 'node3']) });
  const mend = (id: string) => world().store.mend(id);
  const partitions: readonly Partition[] = [
    {
      name: 'no packets node–Redis for 6 s',
      cut(id) {
        world().store.drop(id, 'to Redis');
        world().store.drop(id, 'from Redis');
      },
      mend,
    },
    { name: 'no packets Redis→node for 6 s', cut: (id) => world().store.drop(id, 'from Redis'), mend },
  ];
  it.each(partitions)('[P18] $name', async (partition) => {
    await runPartition(world(), partition);
  });
}

function none(): void {
  it('is left to the proxies of links.test.ts where namespaces can not be made', () => {
    process.stdout.write('  no network namespaces here: cuts are made by proxy alone\n');
    expect(isPossible).toBe(false);
  });
}

describe('packets that vanish', isPossible ? rows : none);
