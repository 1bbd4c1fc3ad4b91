/** Rooms that differ in who gets in, who sees whom, and who may write. */
import { defineRoom } from '../../../src/index.ts';

/** Two at a time. */
export const couple = defineRoom({ type: 'couple', membersMax: 2, graceMs: 60_000 });

/** For those whose meta is `key`; `late` comes to a room that is over, `bang` breaks the door. */
export const vault = defineRoom({
  type: 'vault',

  onJoin(room, member) {
    const said = new TextDecoder().decode(member.meta ?? new Uint8Array());
    room.state.set(`tried:${member.number}`, said);
    room.broadcast('tried', said);
    if (said === 'late') room.reject('room-closed', 'it is over');
    if (said === 'bang') throw new Error('the test wants this handler to fail');
    if (said !== 'key') room.reject('unauthorized', 'only for those with the key');
  },
});

export const hidden = defineRoom({
  type: 'hidden',
  presence: false,
  graceMs: 0,

  onJoin(room) {
    room.state.set('members', room.members.size);
  },

  onMessage(room, member, type, data) {
    room.broadcast(type, { from: member.number, data });
  },

  onLeave(room, _member, reason) {
    room.state.set('left', reason);
  },
});

export const board = defineRoom({ type: 'board', membersMaySet: true });
