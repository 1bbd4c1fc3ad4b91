/**
 * A small shooter on a grid. Players walk one cell at a time, shoot straight ahead, come back after a while when they
 * were hit too often, and the first to score SCORE_TO_WIN ends the match; the room closes after a last look around.
 *
 * All that the game knows is in `room.state`: the definition serves every arena of a node, a room can move to another
 * node, and a handler that throws must leave nothing behind. So there is no variable here that changes. Waits are ms
 * left, counted down by ticks; a time of `room.now()` would mean nothing on another node.
 *
 *   state    p:<member>   Player        match   Match, from the moment that somebody has won
 *   from us  hit, kill, respawn, won    from players: move {dx, dy}, shoot
 *
 * Yours begins with `import { defineRoom } from 'roomcast'`; inside this repository there is no such package.
 */
import { defineRoom, type Room, type RoomMember } from '../../src/index.ts';
import { type Cell, firstInLine, isInside, type Step, spawnCell } from './grid.ts';

export const HP = 100;
export const DAMAGE = 25;
export const RANGE = 8;
export const SCORE_TO_WIN = 5;
export const RELOAD_MS = 400;
export const RESPAWN_MS = 3000;
export const CLOSE_AFTER_MS = 5000;
const TICKS_PER_SEC = 10;

export interface Player extends Cell, Step {
  readonly user: string;
  /** 0: out until `respawnInMs` is over. */
  readonly hp: number;
  readonly score: number;
  readonly reloadMs: number;
  readonly respawnInMs: number;
}

export interface Match {
  /** Member number. */
  readonly winner: number;
  readonly closesInMs: number;
}

type ArenaRoom = Room<Player | Match>;

export const arena = defineRoom<Player | Match>({
  type: 'arena',
  membersMax: 16,
  ticksPerSec: TICKS_PER_SEC,
  durability: 'snapshot',

  onJoin(room, member) {
    if (matchOf(room)) room.reject('room-closed', 'the match is over');
    const cell = spawnCell(standing(room)) ?? room.reject('room-full', 'no cell is free');
    const { user } = member;
    room.state.set(keyOf(member.number), { user, ...cell, ...INWARD, hp: HP, score: 0, reloadMs: 0, respawnInMs: 0 });
  },

  onMessage(room, member, type, data) {
    if (matchOf(room)) room.reject('forbidden', 'the match is over');
    const player = playerOf(room, member.number) ?? room.reject('forbidden', 'you are not in this match');
    if (player.hp === 0) room.reject('forbidden', 'you are out; wait for your respawn');
    switch (type) {
      case 'move':
        return move(room, member, player, readStep(data) ?? room.reject('forbidden', 'move takes {dx, dy}: one step'));
      case 'shoot':
        return shoot(room, member, player);
      default:
        return room.reject('forbidden', 'this room knows move and shoot');
    }
  },

  onTick(room, elapsed) {
    const elapsedMs = Math.round(elapsed);
    const match = matchOf(room);
    if (match) return countDown(room, match, elapsedMs);
    for (const [number, player] of players(room)) {
      if (player.hp === 0) wait(room, number, player, elapsedMs);
      else if (player.reloadMs > 0) {
        put(room, number, { ...player, reloadMs: Math.max(0, player.reloadMs - elapsedMs) });
      }
    }
  },

  onLeave(room, member) {
    room.state.delete(keyOf(member.number));
  },
});

const INWARD: Step = { dx: 0, dy: 1 };

function move(room: ArenaRoom, member: RoomMember, player: Player, step: Step): void {
  const to = { x: player.x + step.dx, y: player.y + step.dy };
  if (!isInside(to)) room.reject('forbidden', 'the arena ends here');
  if (standing(room).some((other) => other.x === to.x && other.y === to.y))
    room.reject('forbidden', 'somebody is there');
  put(room, member.number, { ...player, ...to, ...step });
}

function shoot(room: ArenaRoom, member: RoomMember, player: Player): void {
  if (player.reloadMs > 0) room.reject('forbidden', 'still reloading');
  const hit = firstInLine(player, player, RANGE, standing(room));
  const shooter: Player = { ...player, reloadMs: RELOAD_MS };
  put(room, member.number, shooter);
  if (!hit) return;
  const hp = Math.max(0, hit.hp - DAMAGE);
  const { number, ...victim } = hit;
  put(room, number, { ...victim, hp, respawnInMs: hp === 0 ? RESPAWN_MS : 0 });
  room.broadcast('hit', { by: member.number, member: number, hp });
  if (hp > 0) return;
  const score = player.score + 1;
  put(room, member.number, { ...shooter, score });
  room.broadcast('kill', { by: member.number, member: number, score });
  if (score < SCORE_TO_WIN) return;
  room.state.set('match', { winner: member.number, closesInMs: CLOSE_AFTER_MS });
  room.broadcast('won', { member: member.number, user: player.user, score });
}

function wait(room: ArenaRoom, number: number, player: Player, elapsedMs: number): void {
  const respawnInMs = player.respawnInMs - elapsedMs;
  // When the ground is full, the next tick looks again.
  const cell = respawnInMs <= 0 ? spawnCell(standing(room)) : null;
  if (!cell) return put(room, number, { ...player, respawnInMs: Math.max(0, respawnInMs) });
  put(room, number, { ...player, ...cell, hp: HP, reloadMs: 0, respawnInMs: 0 });
  room.broadcast('respawn', { member: number, ...cell });
}

function countDown(room: ArenaRoom, match: Match, elapsedMs: number): void {
  const closesInMs = match.closesInMs - elapsedMs;
  if (closesInMs <= 0) room.close('the match is over');
  else room.state.set('match', { ...match, closesInMs });
}

/** What came over the wire may be anything that MessagePack can say. */
function readStep(data: unknown): Step | null {
  if (typeof data !== 'object' || data === null || !('dx' in data) || !('dy' in data)) return null;
  const { dx, dy } = data;
  const steps = [-1, 0, 1];
  if (typeof dx !== 'number' || typeof dy !== 'number' || !steps.includes(dx) || !steps.includes(dy)) return null;
  return Math.abs(dx) + Math.abs(dy) === 1 ? { dx, dy } : null;
}

function keyOf(number: number): string {
  return `p:${number}`;
}

function put(room: ArenaRoom, number: number, player: Player): void {
  room.state.set(keyOf(number), player);
}

function playerOf(room: ArenaRoom, number: number): Player | null {
  const value = room.state.get(keyOf(number));
  return value && 'hp' in value ? value : null;
}

function matchOf(room: ArenaRoom): Match | null {
  const value = room.state.get('match');
  return value && 'winner' in value ? value : null;
}

function* players(room: ArenaRoom): Iterable<[number, Player]> {
  for (const number of room.members.keys()) {
    const player = playerOf(room, number);
    if (player) yield [number, player];
  }
}

/** Those who take up a cell, each with its number. */
function standing(room: ArenaRoom): (Player & { readonly number: number })[] {
  return [...players(room)].filter(([, { hp }]) => hp > 0).map(([number, player]) => ({ ...player, number }));
}
