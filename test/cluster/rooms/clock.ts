/** Writes a lot in each tick: all of it is one event. */
import { defineRoom } from '../../../src/index.ts';

export const clock = defineRoom<number>({
  type: 'clock',
  ticksPerSec: 20,

  onTick(room) {
    const tick = (room.state.get('tick') ?? 0) + 1;
    room.state.set('half', tick - 0.5);
    room.state.set('tick', -1);
    room.state.delete(`even:${tick - 2}`);
    if (tick % 2 === 0) room.state.set(`even:${tick}`, tick);
    room.state.set('tick', tick);
  },

  onMessage(room, _member, type) {
    room.broadcast(type, room.state.get('tick') ?? 0);
  },
});
