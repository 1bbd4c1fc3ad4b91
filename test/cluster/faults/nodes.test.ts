/** Nodes that die, or stand still and come back. */
import { it } from 'vitest';
import type { Member } from './crowd.ts';
import { expectInTime } from './in-time.ts';
import { KeptRedis } from './kept-redis.ts';
import { expectKept, pause, runRow, type Scene } from './row.ts';
import { useWorld } from './world.ts';

const world = useWorld({ store: KeptRedis.start });

it('[P18] kill -9 of an owner', async () => {
  await expectInTime(async () => {
    let victim = '';
    const outcome = await runRow(world(), {
      name: 'kill -9 of an owner',
      losesUnwritten: ({ name }, { ownerOf }) => ownerOf.get(name) === victim,
      async strike({ world, crowd, say }) {
        const node = await world.busiestOwner(crowd);
        victim = node.id;
        process.kill(node.pid, 'SIGKILL');
        say(`killed ${node.id}`);
      },
      healMs: 6_000,
      groups: {
        'of the dead node': ({ player }, { nodeOf }) => nodeOf.get(player.name) === victim,
        'of other nodes, in its rooms': (member, scene) =>
          scene.nodeOf.get(member.player.name) !== victim && isOwned(member, scene, victim),
      },
    });
    expectKept(outcome);
    return [
      { what: 'p99 pause of the dead node', ms: outcome.pauses['of the dead node']?.p99, atMost: 2_000 },
      { what: 'p99 pause of other nodes', ms: outcome.pauses['of other nodes, in its rooms']?.p99, atMost: 1_000 },
    ];
  });
});

it('[P18] SIGSTOP of an owner for 10 s, then SIGCONT', async () => {
  let victim = '';
  const outcome = await runRow(world(), {
    name: 'SIGSTOP of an owner for 10 s',
    losesUnwritten: ({ name }, { ownerOf }) => ownerOf.get(name) === victim,
    async strike({ world, crowd, say }) {
      const node = await world.busiestOwner(crowd);
      victim = node.id;
      process.kill(node.pid, 'SIGSTOP');
      say(`stopped ${node.id}`);
      try {
        await pause(10_000);
      } finally {
        process.kill(node.pid, 'SIGCONT');
      }
    },
    healMs: 4_000,
    groups: {
      'of the stopped node': ({ player }, { nodeOf }) => nodeOf.get(player.name) === victim,
      'of other nodes, in its rooms': (member, scene) =>
        scene.nodeOf.get(member.player.name) !== victim && isOwned(member, scene, victim),
    },
  });
  expectKept(outcome);
});

const isOwned = ({ room }: Member, { ownerOf }: Scene, node: string): boolean => ownerOf.get(room.name) === node;
