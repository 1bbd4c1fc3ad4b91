/** The room types of a run: relays of each durability, and rooms with code that does a bit of everything. */
import {
  type Durability,
  defineRoom,
  type Room,
  type RoomDefinition,
  type RoomMember,
} from '../../src/room/definition.ts';
import { RoomTypes } from '../../src/room/types.ts';
import { idIn, idText, phantom } from './command-id.ts';
import type { Dice } from './dice.ts';

export interface RoomPlan {
  readonly name: string;
  readonly durability: Durability;
  readonly hasCode: boolean;
  readonly hasPresence: boolean;
  /** onPartition `strict`. */
  readonly isStrict: boolean;
}

const RELAYS = new Map<string, Durability>([
  ['snap', 'snapshot'],
  ['ledger', 'log'],
  ['scratch', 'none'],
]);

interface Coded {
  readonly type: string;
  readonly durability: Durability;
  readonly presence: boolean;
  readonly ticksPerSec: number;
  readonly onPartition?: 'strict';
}

const CODED: readonly Coded[] = [
  { type: 'game', durability: 'snapshot', presence: true, ticksPerSec: 2 },
  { type: 'vault', durability: 'log', presence: true, ticksPerSec: 0 },
  { type: 'crowd', durability: 'snapshot', presence: false, ticksPerSec: 0 },
  { type: 'duel', durability: 'snapshot', presence: true, ticksPerSec: 2, onPartition: 'strict' },
  { type: 'bank', durability: 'log', presence: true, ticksPerSec: 0, onPartition: 'strict' },
  { type: 'toss', durability: 'none', presence: true, ticksPerSec: 0, onPartition: 'strict' },
];

/** Names of messages that members of rooms with code send. Each broadcasts its id once, unless it is refused. */
export const CODED_MESSAGES = ['say', 'put', 'many', 'drop', 'tell', 'no', 'oops'] as const;

export function planRooms(dice: Dice, count: number): RoomPlan[] {
  const plans: RoomPlan[] = [];
  for (let i = 1; i <= count; i++) {
    const relay = dice.pickAny([...RELAYS]);
    const coded = dice.pick(CODED);
    if (relay && dice.chance(0.6)) {
      const [type, durability] = relay;
      plans.push({ name: `${type}:${i}`, durability, hasCode: false, hasPresence: true, isStrict: false });
    } else {
      const { type, durability, presence, onPartition } = coded;
      const isStrict = onPartition === 'strict';
      plans.push({ name: `${type}:${i}`, durability, hasCode: true, hasPresence: presence, isStrict });
    }
  }
  return plans;
}

/** The types as one node serves them; `dice` decide where handlers throw. */
export function simTypes(dice: Dice, graceMs: number): RoomTypes {
  const definitions = CODED.map((coded) => definition(coded, dice));
  return new RoomTypes(definitions, RELAYS, { open: false, graceMs });
}

function definition(coded: (typeof CODED)[number], dice: Dice): RoomDefinition<string> {
  const { type, durability, presence, ticksPerSec, onPartition = 'available' } = coded;
  return defineRoom<string>({
    type,
    onPartition,
    durability,
    presence,
    ticksPerSec,
    membersMaySet: type === 'game',
    onCreate: (room) => room.state.set('created', `${room.name}`),
    onJoin: (room, member) => room.state.set(`p:${member.number}`, member.user),
    onLeave: (room, member, reason) => {
      room.state.delete(`p:${member.number}`);
      room.broadcast('gone', [member.number, reason]);
    },
    ...(ticksPerSec > 0 ? { onTick: (room: Room<string>) => tick(room) } : {}),
    onMessage: (room, member, message, data) => handle(room, member, message, String(data), dice),
  });
}

function tick(room: Room<string>): void {
  const count = Number(room.state.get('ticks') ?? '0') + 1;
  room.state.set('ticks', String(count));
  if (count % 4 === 0) room.broadcast('tick', count);
}

function handle(room: Room<string>, member: RoomMember, message: string, data: string, dice: Dice): void {
  const id = idIn(data) ?? '';
  const said = (): void => room.broadcast('said', [member.number, idText(id)]);
  switch (message) {
    case 'put':
      room.state.set(`k${id.length % 3}`, data);
      return said();
    case 'many':
      for (let i = 0; i < 4; i++) room.state.set(`m${i}`, data);
      room.state.delete('k0');
      said();
      room.state.set('m0', `${data}again`);
      return;
    case 'drop':
      for (const key of [...room.state.keys()]) if (key.startsWith('m')) room.state.delete(key);
      return said();
    case 'tell':
      for (const other of room.members.values()) room.send(other, 'told', idText(id));
      return said();
    case 'no':
      spoil(room, member);
      return room.reject('forbidden', 'no means no');
    case 'oops':
      if (dice.chance(0.5)) {
        spoil(room, member);
        throw new Error('a handler that throws now and then');
      }
      return said();
    case 'kick':
      said();
      return room.remove(member);
    case 'end':
      said();
      return room.close('a member asked for it');
    default:
      return said();
  }
}

/** Does what must all be undone. */
function spoil(room: Room<string>, member: RoomMember): void {
  room.state.set('k0', phantom);
  room.state.set(phantom, phantom);
  room.state.delete('created');
  room.broadcast('said', phantom);
  room.send(member, 'told', phantom);
  room.remove(member);
}
