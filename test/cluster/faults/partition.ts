/**
 * One node loses its Redis for longer than its heartbeat key lives, while Redis and the others see each other.
 *
 * Rooms whose members all sit on that node go on without a pause: nobody else wants them. Those with members elsewhere
 * get a new owner there, and what the old one told its own members meanwhile is taken back when it learns of that
 * (`onPartition: available`).
 */
import type { Member, Room } from './crowd.ts';
import { expectInTime, type Times } from './in-time.ts';
import { expectKept, pause, runRow, type Scene } from './row.ts';
import type { World } from './world.ts';

/** Twice the time to live of a heartbeat key (NODE_TTL_MS). */
const CUT_MS = 6_000;

export interface Partition {
  readonly name: string;
  readonly cut: (nodeId: string) => void | Promise<void>;
  readonly mend: (nodeId: string) => void | Promise<void>;
}

export async function runPartition(world: World, partition: Partition): Promise<void> {
  await expectInTime(() => strikeOnce(world, partition));
}

async function strikeOnce(world: World, { name, cut, mend }: Partition): Promise<Times> {
  let victim = '';
  let mendedAt = 0;
  const isAlone = (room: Room, scene: Scene) => sitsOn(room, scene, victim);
  const isOf = ({ player }: Member, { nodeOf }: Scene) => nodeOf.get(player.name) === victim;
  const goesOn = ({ room }: Member, scene: Scene) =>
    room.durability === 'snapshot' && scene.ownerOf.get(room.name) === victim && isAlone(room, scene);
  const outcome = await runRow(world, {
    name,
    losesUnwritten: (room, scene) => scene.ownerOf.get(room.name) === victim && !isAlone(room, scene),
    async strike(scene) {
      victim = mostAlone(scene);
      await cut(victim);
      scene.say(`${victim} is cut off`);
      try {
        await pause(CUT_MS);
      } finally {
        await mend(victim);
        mendedAt = performance.now();
      }
    },
    healMs: 5_000,
    groups: {
      'of snapshot rooms on that node alone': goesOn,
      'of that node, in other rooms': (member, scene) => isOf(member, scene) && !isAlone(member.room, scene),
      'of other nodes': (member, scene) => !isOf(member, scene),
    },
  });
  expectKept(outcome);
  const away = { from: outcome.span.from, to: mendedAt };
  return [{ what: 'longest pause on that node alone', ms: outcome.pausesIn(away, goesOn).max, atMost: 100 }];
}

/** Whether all members of the room are there. */
const sitsOn = (room: Room, { crowd, nodeOf }: Scene, node: string): boolean =>
  crowd.members.every(({ player, room: its }) => its.name !== room.name || nodeOf.get(player.name) === node);

/** The node with most `snapshot` rooms to itself. */
function mostAlone(scene: Scene): string {
  const count = (node: string) =>
    scene.crowd.rooms.filter((room) => room.durability === 'snapshot' && sitsOn(room, scene, node)).length;
  const [most] = scene.world.nodes.map(({ id }) => id).sort((a, b) => count(b) - count(a));
  return most ?? '';
}
