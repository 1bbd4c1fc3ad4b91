/** Does what it is told, so that a test can ask for each thing that a handler may do. */
import { defineRoom, type Room, type RoomMember } from '../../../src/index.ts';

type CourtRoom = Room<unknown>;

function memberOf(room: CourtRoom, number: unknown): RoomMember {
  const member = typeof number === 'number' ? room.members.get(number) : undefined;
  return member ?? room.reject('forbidden', 'no such member');
}

/** Keeps what `act` kept, then fails, until somebody has said `mend`. */
function fail(room: CourtRoom, member: RoomMember): void {
  if (room.state.get('mended') === true) return room.broadcast('worked', member.number);
  room.state.set('kept', member.number);
  room.state.delete('made');
  room.broadcast('kept', member.number);
  room.send(member, 'kept', member.number);
  room.remove(member);
  throw new Error('the test wants this handler to fail');
}

export const court = defineRoom({
  type: 'court',

  onCreate(room) {
    if (!room.state.has('made')) room.state.set('made', room.name);
  },

  onJoin(room, member) {
    room.state.set(`p:${member.number}`, member.user);
  },

  onMessage(room, member, type, data) {
    switch (type) {
      case 'say':
        return room.broadcast('said', data);
      case 'nothing':
        return;
      case 'whisper':
        return room.send(memberOf(room, data), 'whispered', member.number);
      case 'remove':
        return room.remove(memberOf(room, data));
      case 'close':
        return room.close(String(data));
      case 'fail':
        return fail(room, member);
      case 'mend':
        return room.state.set('mended', true);
      case 'refuse':
        room.state.set('kept', member.number);
        room.broadcast('kept', member.number);
        return room.reject('forbidden', 'not in this court');
      default:
        return room.reject('forbidden', 'this room does not know that');
    }
  },

  onLeave(room, member, reason) {
    room.state.delete(`p:${member.number}`);
    room.broadcast('gone', { member: member.number, reason });
  },
});
