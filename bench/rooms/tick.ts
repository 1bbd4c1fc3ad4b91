/** Rooms that tick, see tick-job.ts; written as docs/ROOMS.md says: all that they know is in the state. */
import { defineRoom, type RoomDefinition } from '../../src/index.ts';
import { dueStamp, ENTITIES, type Entity, hrUs, moved, placed, STAMP_KEY } from './tick-job.ts';

export const tick20 = ticking(20);
export const tick60 = ticking(60);

function ticking(ticksPerSec: number): RoomDefinition<Entity | number> {
  const keys = Array.from({ length: ENTITIES }, (_, entity) => `e:${entity}`);
  return defineRoom<Entity | number>({
    type: `tick${ticksPerSec}`,
    ticksPerSec,
    durability: 'none',
    presence: false,
    onTick(room, elapsedMs) {
      // First, so that it is the first of the keys in the update: the swarm looks there.
      room.state.set(STAMP_KEY, dueStamp(hrUs(), elapsedMs, ticksPerSec));
      keys.forEach((key, entity) => {
        const before = room.state.get(key);
        room.state.set(key, typeof before === 'object' ? moved(before) : placed(entity));
      });
    },
  });
}
