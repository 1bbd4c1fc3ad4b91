/** One node and Redis lose each other, by a proxy between them. */
import { it } from 'vitest';
import { LinkedRedis } from './linked-redis.ts';
import { type Partition, runPartition } from './partition.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: (guard) => LinkedRedis.start(guard, ['node1', 'node2', 'node3']) });
const link = (nodeId: string) => world().store.link(nodeId);
const mend = (nodeId: string) => link(nodeId).mend();

const partitions: readonly Partition[] = [
  { name: 'node–Redis closed for 6 s', cut: (id) => link(id).cut(), mend },
  { name: 'Redis deaf to a node for 6 s', cut: (id) => link(id).deafen('to Redis'), mend },
  { name: 'a node deaf to Redis for 6 s', cut: (id) => link(id).deafen('from Redis'), mend },
];

it.each(partitions)('[P18] $name', async (partition) => {
  await runPartition(world(), partition);
});
