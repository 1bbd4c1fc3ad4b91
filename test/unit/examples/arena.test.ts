import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  arena,
  CLOSE_AFTER_MS,
  DAMAGE,
  HP,
  type Match,
  type Player,
  RELOAD_MS,
  RESPAWN_MS,
  SCORE_TO_WIN,
} from '../../../examples/arena/arena.ts';
import { HEIGHT, SPAWN_POINTS } from '../../../examples/arena/grid.ts';
import type { Room } from '../../../src/client/client.ts';
import { loadRooms } from '../../../src/node/load-rooms.ts';
import { encodeHello, encodeJoin, encodeSend } from '../../../src/protocol/client-writer.ts';
import { encodePayload } from '../../../src/protocol/payload.ts';
import { OneNode } from './one-node.ts';

const SHOTS_TO_KILL = HP / DAMAGE;
const TICK_MS = 100;

let node: OneNode;

beforeEach(async () => {
  node = await OneNode.start(arena);
});

afterEach(async () => {
  await node.stop();
  expect(node.errors).toEqual([]);
});

async function enter(name = 'arena:1'): Promise<Room> {
  const client = await node.client();
  return node.run(client.join(name));
}

function player(room: Room, number = room.me): Player {
  return room.state.get(`p:${number}`) as Player;
}

const say = (room: Room, type: string, data?: unknown): Promise<void> => node.run(room.send(type, data));

const forbidden = (message: string) =>
  expect.objectContaining({ code: 'forbidden', message: expect.stringContaining(message) });

/** Walks `room`'s player to where it looks at the other along a column, with `cells` steps between them. */
async function face(room: Room, target: Room, cells: number): Promise<void> {
  const at = player(target);
  const side = at.y >= HEIGHT / 2 ? -1 : 1;
  const y = at.y + side * (cells + 1);
  const step = (from: number, to: number): number => Math.sign(to - from);
  while (player(room).y !== y) await say(room, 'move', { dx: 0, dy: step(player(room).y, y) });
  while (player(room).x !== at.x) await say(room, 'move', { dx: step(player(room).x, at.x), dy: 0 });
  await say(room, 'move', { dx: 0, dy: -side });
}

/** Two players in one column, the first above the second and looking at it. */
async function duel(): Promise<{ shooter: Room; victim: Room }> {
  const [shooter, victim] = [await enter(), await enter()];
  await face(shooter, victim, 3);
  return { shooter, victim };
}

async function kill(shooter: Room): Promise<void> {
  for (let shots = 0; shots < SHOTS_TO_KILL; shots++) {
    await say(shooter, 'shoot');
    await node.clock.run(RELOAD_MS + TICK_MS);
  }
}

describe('joining', () => {
  test('players come in at the spawn points, each far from the others', async () => {
    const rooms = [await enter(), await enter(), await enter(), await enter()];
    const last = rooms[3] as Room;
    const cells = rooms.map(({ me }) => player(last, me)).map(({ x, y }) => ({ x, y }));
    expect(new Set(cells.map(({ x, y }) => `${x},${y}`)).size).toBe(4);
    for (const cell of cells) expect(SPAWN_POINTS).toContainEqual(cell);
    expect(cells.slice(0, 2)).toEqual(SPAWN_POINTS.slice(0, 2));
  });

  test('more players than spawn points find a free cell, up to the limit of the type', async () => {
    const rooms: Room[] = [];
    for (let i = 0; i < 16; i++) rooms.push(await enter());
    const last = rooms[15] as Room;
    const cells = rooms.map(({ me }) => `${player(last, me).x},${player(last, me).y}`);
    expect(new Set(cells).size).toBe(16);
    const late = await node.client();
    let joined = false;
    const waiting = late.join('arena:1').then(() => {
      joined = true;
    });
    await node.clock.run(1_000);
    expect(joined).toBe(false);
    await node.run((rooms[0] as Room).leave());
    await node.run(waiting);
  });

  test('a player that leaves takes its place in the state along', async () => {
    const [one, two] = [await enter(), await enter()];
    const { me } = one;
    await node.run(one.leave());
    await node.clock.idle();
    expect([...two.state.keys()]).toEqual([`p:${two.me}`]);
    expect(two.members.has(me)).toBe(false);
  });

  test('[P8] a player that comes back after a lost connection stands where it stood', async () => {
    const { shooter, victim } = await duel();
    await say(shooter, 'shoot');
    const [me, before] = [victim.me, player(victim)];
    node.cutAll();
    await node.clock.run(5_000);
    expect(victim.me).toBe(me);
    expect(player(victim)).toEqual(before);
    await say(victim, 'move', { dx: 1, dy: 0 });
  });
});

describe('moving', () => {
  test('a step is seen by everybody, and turns the player', async () => {
    const [one, two] = [await enter(), await enter()];
    const from = player(one);
    await say(one, 'move', { dx: 1, dy: 0 });
    await node.clock.idle();
    expect(player(two, one.me)).toMatchObject({ x: from.x + 1, y: from.y, dx: 1, dy: 0 });
  });

  test('the border and other players are in the way, and a refused step changes nothing', async () => {
    const { shooter, victim } = await duel();
    await say(shooter, 'move', { dx: 0, dy: 1 });
    await say(shooter, 'move', { dx: 0, dy: 1 });
    const before = player(shooter);
    await expect(say(shooter, 'move', { dx: 0, dy: 1 })).rejects.toEqual(forbidden('somebody is there'));
    expect(player(shooter)).toEqual(before);
    await say(victim, 'move', { dx: 0, dy: 1 });
    await expect(say(victim, 'move', { dx: 0, dy: 1 })).rejects.toEqual(forbidden('the arena ends here'));
  });

  test.each([
    ['nothing', undefined],
    ['a number', 1],
    ['a list', [1, 0]],
    ['no step', { dx: 0, dy: 0 }],
    ['two steps at once', { dx: 1, dy: 1 }],
    ['a leap', { dx: 2, dy: 0 }],
    ['half a step', { dx: 0.5, dy: 0 }],
    ['texts', { dx: '1', dy: '0' }],
    ['big integers', { dx: 1n << 60n, dy: 0 }],
    ['bytes', new Uint8Array([1, 0])],
    ['nested lists', { dx: [[1]], dy: 0 }],
    ['a thing with more in it than a step', { dx: null, dy: 0, x: 5, y: 5, hp: 1e9 }],
  ])('%s is no step: refused, and the player stays', async (_, data) => {
    const room = await enter();
    const before = player(room);
    await expect(say(room, 'move', data)).rejects.toEqual(forbidden('one step'));
    expect(player(room)).toEqual(before);
  });

  test('an unknown message, and a SET past the rules, are refused', async () => {
    const room = await enter();
    await expect(say(room, 'heal', { hp: 1e9 })).rejects.toEqual(forbidden('this room knows move and shoot'));
    await expect(node.run(room.state.set(`p:${room.me}`, { hp: 1e9 }))).rejects.toMatchObject({ code: 'forbidden' });
    expect(player(room).hp).toBe(HP);
  });
});

describe('shooting', () => {
  test('a hit costs hp and is told to everybody', async () => {
    const { shooter, victim } = await duel();
    const hits: unknown[] = [];
    victim.on('hit', (data, member) => hits.push([data, member]));
    await say(shooter, 'shoot');
    expect(hits).toEqual([[{ by: shooter.me, member: victim.me, hp: HP - DAMAGE }, 0]]);
    expect(player(victim).hp).toBe(HP - DAMAGE);
  });

  test('one who looks elsewhere hits nobody', async () => {
    const { shooter, victim } = await duel();
    await say(shooter, 'move', { dx: 1, dy: 0 });
    await say(shooter, 'shoot');
    expect(player(victim).hp).toBe(HP);
  });

  test('a shot while reloading is refused', async () => {
    const { shooter, victim } = await duel();
    await say(shooter, 'shoot');
    await expect(say(shooter, 'shoot')).rejects.toEqual(forbidden('still reloading'));
    await node.clock.run(RELOAD_MS + TICK_MS);
    await say(shooter, 'shoot');
    expect(player(victim).hp).toBe(HP - 2 * DAMAGE);
  });

  test('who has no hp left is out, scores for the other, and comes back at a spawn point', async () => {
    const { shooter, victim } = await duel();
    await kill(shooter);
    expect(player(victim)).toMatchObject({ hp: 0 });
    expect(player(shooter)).toMatchObject({ score: 1 });
    await expect(say(victim, 'move', { dx: 0, dy: -1 })).rejects.toEqual(forbidden('respawn'));
    await node.clock.run(RESPAWN_MS);
    const { x, y, hp } = player(victim);
    expect(hp).toBe(HP);
    expect(SPAWN_POINTS).toContainEqual({ x, y });
  });
});

describe('the end', () => {
  test('the match ends by score: nobody acts any more, and the room closes and is free again', async () => {
    const { shooter, victim } = await duel();
    const won: unknown[] = [];
    victim.on('won', (data) => won.push(data));
    for (let score = 0; score < SCORE_TO_WIN; score++) {
      await face(shooter, victim, 3);
      await kill(shooter);
      if (score < SCORE_TO_WIN - 1) await node.clock.run(RESPAWN_MS);
    }
    expect(won).toMatchObject([{ member: shooter.me, score: SCORE_TO_WIN }]);
    expect((victim.state.get('match') as Match).winner).toBe(shooter.me);
    await expect(say(shooter, 'move', { dx: 1, dy: 0 })).rejects.toEqual(forbidden('the match is over'));
    const late = await node.client();
    await expect(node.run(late.join('arena:1'))).rejects.toMatchObject({ code: 'room-closed' });

    const closed: string[] = [];
    for (const room of [shooter, victim]) room.on('closed', ({ code, message }) => closed.push(`${code}: ${message}`));
    await node.clock.run(CLOSE_AFTER_MS + TICK_MS);
    expect(closed).toEqual(Array(2).fill('room-closed: the match is over'));

    const again = await enter();
    expect([...again.state.keys()]).toEqual([`p:${again.me}`]);
    expect(player(again)).toMatchObject({ score: 0, hp: HP });
  });
});

test('payloads that are no message are refused one by one, and the room goes on', async () => {
  const [player1, { say: shout, heard }] = [await enter(), node.rawClient()];
  const payloads = [
    new Uint8Array(0),
    new Uint8Array(1_500).fill(0x91),
    new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff]),
    new Uint8Array([0x93, 0xa4, 0x6d, 0x6f, 0x76, 0x65, 0xc0, 0xc0]),
    new Uint8Array([0x92, 0x01, 0xc0]),
    new Uint8Array([0xc7, 0x01, 0x72, 0x00]),
    encodePayload('move'),
    // move, with {"__proto__": {…}}
    new Uint8Array([0x92, 0xa4, 0x6d, 0x6f, 0x76, 0x65, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]),
  ];
  shout(encodeHello(null, null), encodeJoin(1, 'arena:1', null, null));
  await node.clock.run(TICK_MS);
  heard.splice(0);
  shout(...payloads.map((payload, i) => encodeSend('arena:1', i + 1, payload)));
  await node.clock.run(TICK_MS);
  expect(heard).toMatchObject(payloads.map((_, i) => ({ op: 'error', code: 'forbidden', retry: false, cseq: i + 1 })));
  await say(player1, 'move', { dx: 1, dy: 0 });
});

test('ROOMS_DIR=examples/arena gives exactly this room', async () => {
  expect(await loadRooms('examples/arena')).toEqual([arena]);
});
