/**
 * Plays the arena, and says what happens. Run two or more:
 *
 *   ROOMS_DIR=examples/arena npm start
 *   npx node examples/arena-bot.ts [ws://127.0.0.1:3000/ws] [arena:1]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Room, RoomcastError } from '../src/client/client.ts';
import { type Player, RANGE } from './arena/arena.ts';
import type { Step } from './arena/grid.ts';

const [url = 'ws://127.0.0.1:3000/ws', name = 'arena:1'] = process.argv.slice(2);
const THINK_MS = 150;

type Command = ['move', Step] | ['shoot'];

async function play(room: Room): Promise<void> {
  let isOver = false;
  room.on('kill', (data) => console.log('kill', data));
  room.on('won', (data) => console.log('won', data));
  room.on('closed', ({ message }) => {
    console.log(message);
    isOver = true;
  });
  while (!isOver) {
    const command = think(room);
    if (command) await tried(room.send(command[0], command[1]));
    await sleep(THINK_MS);
  }
}

/** Goes for the nearest: into its column or row first, then nearer, shooting as soon as it looks the right way. */
function think(room: Room): Command | null {
  const me = room.state.get(`p:${room.me}`) as Player | undefined;
  const target = me && nearest(me, room);
  if (!me || !target) return null;
  const [x, y] = [target.x - me.x, target.y - me.y];
  const isStraight = x === 0 || y === 0;
  const alongX = isStraight ? x !== 0 : Math.abs(x) < Math.abs(y);
  const step = alongX ? { dx: Math.sign(x), dy: 0 } : { dx: 0, dy: Math.sign(y) };
  const isAimed = isStraight && Math.abs(x + y) <= RANGE && me.dx === step.dx && me.dy === step.dy;
  return isAimed ? ['shoot'] : ['move', step];
}

function nearest(me: Player, room: Room): Player | undefined {
  const others = [...room.state.keys()]
    .filter((key) => key.startsWith('p:') && key !== `p:${room.me}`)
    .map((key) => room.state.get(key) as Player)
    .filter(({ hp }) => hp > 0);
  const distance = ({ x, y }: Player): number => Math.abs(x - me.x) + Math.abs(y - me.y);
  return others.sort((a, b) => distance(a) - distance(b))[0];
}

/** The rules refuse much of what a bot tries; that is part of the game. */
async function tried(command: Promise<void>): Promise<void> {
  try {
    await command;
  } catch (error) {
    if (!(error instanceof RoomcastError)) throw error;
  }
}

const client = await connect(url, { room: name });
const room = await client.join(name);
console.log(`member ${room.me} of ${room.members.size} in ${name}`);
await play(room);
client.close();
