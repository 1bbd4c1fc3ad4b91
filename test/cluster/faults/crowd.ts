/**
 * Who plays while a fault strikes: clients of PROTOCOL.md alone, through nginx, one room each.
 *
 * Usually 200, in rooms of ten. In half of the rooms all members name the room to nginx and so sit on one node. In the
 * other half each names something else and they sit on all nodes: the room's owner and edges. Half of each are
 * `snapshot` rooms, half `log`.
 */
import { Player } from '../../support/independent/player.ts';
import { newRoom, settled } from '../fixture.ts';
import { FirstSights, Receipts } from './receipts.ts';

export interface RoomPlan {
  readonly durability: 'snapshot' | 'log';
  readonly members: number;
  /** What each member names to nginx; the same for all leads all to one node. */
  readonly hint: (room: string, member: number) => string;
  /** Commands of each of them that speaks. */
  readonly ratePerSec: number;
  /** Only so many speak; default: all. */
  readonly speakers?: number;
  /** Makes messages larger. */
  readonly paddingBytes?: number;
}

export interface Room extends RoomPlan {
  readonly name: string;
}

export interface Member {
  readonly player: Player;
  readonly room: Room;
  readonly receipts: Receipts;
}

export const together = (room: string): string => room;
const apart = (room: string, member: number): string => `${room}-${member}`;

/** An event in each room every 33 ms. */
export const usualRooms: readonly RoomPlan[] = Array.from({ length: 20 }, (_, i) => ({
  durability: i % 2 === 0 ? 'snapshot' : 'log',
  members: 10,
  hint: i % 4 < 2 ? together : apart,
  ratePerSec: 3,
}));

const JOIN_WITHIN_MS = 30_000;
/** On the way at once: as few as a game sends in a second, so that an outage is not made worse by resending. */
const WINDOW = 8;

export class Crowd {
  readonly rooms: readonly Room[];
  readonly members: readonly Member[];
  readonly firstSights = new FirstSights();

  constructor(url: string, plans: readonly RoomPlan[]) {
    this.rooms = plans.map((plan) => ({ ...plan, name: newRoom(plan.durability === 'snapshot' ? 'demo' : 'ledger') }));
    this.members = this.rooms.flatMap((room) =>
      Array.from({ length: room.members }, (_, i) => this.#newMember(url, room, i)),
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
    const player = new Player({
      name: `${room.name}/${index}`,
      urls: [`${url}?room=${encodeURIComponent(room.hint(room.name, index))}`],
      window: WINDOW,
      open: receipts.open,
    });
    return { player, room, receipts };
  }
}
