/**
 * Who plays while a fault strikes: 200 clients of PROTOCOL.md alone, through nginx, in rooms of ten.
 *
 * In half of the rooms all members name the room to nginx and so sit on one node. In the other half each names
 * something else and they sit on all nodes: the room's owner and edges. Half of each are `snapshot` rooms, half `log`.
 */
import { Player } from '../../support/independent/player.ts';
import { newRoom, settled } from '../fixture.ts';
import { FirstSights, Receipts } from './receipts.ts';

export interface CrowdPlan {
  readonly rooms: number;
  readonly membersPerRoom: number;
}

export const usualCrowd: CrowdPlan = { rooms: 20, membersPerRoom: 10 };

export interface Room {
  readonly name: string;
  readonly durability: 'snapshot' | 'log';
  /** Whether all its members came to one node. */
  readonly isTogether: boolean;
}

export interface Member {
  readonly player: Player;
  readonly room: Room;
  readonly receipts: Receipts;
}

const JOIN_WITHIN_MS = 30_000;
/** On the way at once: as few as a game sends in a second, so that an outage is not made worse by resending. */
const WINDOW = 8;

export class Crowd {
  readonly rooms: readonly Room[];
  readonly members: readonly Member[];
  readonly firstSights = new FirstSights();

  constructor(url: string, plan: CrowdPlan) {
    this.rooms = Array.from({ length: plan.rooms }, (_, i) => newFaultRoom(i));
    this.members = this.rooms.flatMap((room) =>
      Array.from({ length: plan.membersPerRoom }, (_, i) => this.#newMember(url, room, i)),
    );
  }

  get players(): readonly Player[] {
    return this.members.map(({ player }) => player);
  }

  room(name: string): Room {
    const room = this.rooms.find((one) => one.name === name);
    if (room === undefined) throw new Error(`no room ${name} in this crowd`);
    return room;
  }

  async gather(): Promise<void> {
    for (const { player, room } of this.members) {
      player.start();
      player.join(room.name);
    }
    await settled(this.players, JOIN_WITHIN_MS);
  }

  leave(): void {
    for (const { player } of this.members) player.stop();
  }

  #newMember(url: string, room: Room, index: number): Member {
    const receipts = new Receipts(this.firstSights);
    const hint = room.isTogether ? room.name : `${room.name}-${index}`;
    const player = new Player({
      name: `${room.name}/${index}`,
      urls: [`${url}?room=${encodeURIComponent(hint)}`],
      window: WINDOW,
      open: receipts.open,
    });
    return { player, room, receipts };
  }
}

function newFaultRoom(index: number): Room {
  const durability = index % 2 === 0 ? 'snapshot' : 'log';
  return {
    name: newRoom(durability === 'snapshot' ? 'demo' : 'ledger'),
    durability,
    isTogether: index % 4 < 2,
  };
}
