/** The example of the docs, played by two clients on two nodes to the end of a match. */
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { expect, it } from 'vitest';
import { type Match, type Player, RANGE, SCORE_TO_WIN } from '../../examples/arena/arena.ts';
import type { Client, Placed } from '../support/independent/client.ts';
import { joinFrame } from '../support/independent/client-frames.ts';
import type { Joined } from '../support/independent/frames.ts';
import { until } from '../support/until.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({ ROOMS_DIR: fileURLToPath(new URL('../../examples/arena', import.meta.url)) }, 2);
const clients = useClients();

/** Twice what a match of one hunter takes: 20 shots, four respawns, the last look around. */
const matchMs = 60_000;

class Fighter {
  readonly client: Client;
  readonly me: number;
  readonly #room: string;
  readonly #joined: Joined;
  #cseq = 0;

  constructor(client: Client, joined: Joined) {
    this.client = client;
    this.me = joined.me;
    this.#room = joined.room;
    this.#joined = joined;
  }

  /** Answers the ERROR where the room refuses, null where it is done. */
  async act(type: string, data: unknown = null): Promise<string | null> {
    const cseq = ++this.#cseq;
    this.client.send(this.#room, cseq, encode([type, data]));
    const answer = await this.client.nextFrame(
      (frame) => (frame.op === 'ack' && frame.cseq >= cseq) || (frame.op === 'error' && frame.cseq === cseq),
      `an answer to ${type}`,
    );
    return answer.op === 'error' ? `${answer.code}: ${answer.message}` : null;
  }

  get events(): Placed[] {
    return this.client.eventsOf(this.#room).filter(({ seq }) => seq > this.#joined.seq);
  }

  /** The snapshot of its JOINED and all changes since, as the page says: first set, then del. */
  get state(): ReadonlyMap<string, unknown> {
    const state = new Map([...(this.#joined.state ?? [])]);
    for (const { event } of this.events) {
      if (event.kind !== 'changed') continue;
      for (const [key, value] of event.set) state.set(key, value);
      for (const key of event.del) state.delete(key);
    }
    return new Map([...state].map(([key, value]) => [key, decode(value)]));
  }

  get heard(): unknown[] {
    return this.events.flatMap(({ event }) => (event.kind === 'message' ? [decode(event.payload)] : []));
  }
}

async function enter(node: number, room: string): Promise<Fighter> {
  const { client } = await clients.guest(cluster().nodeUrl(node));
  return new Fighter(client, await client.join(room));
}

/** Into the line of the other first, then nearer, and shots as soon as it looks the right way. */
function next(me: Player, other: Player): readonly [type: string, data?: unknown] | null {
  if (me.hp === 0 || other.hp === 0) return null;
  const [x, y] = [other.x - me.x, other.y - me.y];
  const isStraight = x === 0 || y === 0;
  const alongX = isStraight ? x !== 0 : Math.abs(x) < Math.abs(y);
  const step = alongX ? { dx: Math.sign(x), dy: 0 } : { dx: 0, dy: Math.sign(y) };
  const isAimed = isStraight && Math.abs(x + y) <= RANGE && me.dx === step.dx && me.dy === step.dy;
  if (!isAimed) return ['move', step];
  return me.reloadMs === 0 ? ['shoot'] : null;
}

async function hunt(hunter: Fighter, prey: Fighter): Promise<void> {
  await until(
    async () => {
      const { state } = hunter;
      if (state.has('match')) return true;
      const command = next(state.get(`p:${hunter.me}`) as Player, state.get(`p:${prey.me}`) as Player);
      if (command !== null) await hunter.act(command[0], command[1]);
      return false;
    },
    { timeoutMs: matchMs, what: 'the match to be won' },
  );
}

it('[P11] a match of the arena over two nodes ends for both in the same way', async () => {
  const room = newRoom('arena');
  const prey = await enter(0, room);
  const hunter = await enter(1, room);
  await until(() => prey.state.has(`p:${hunter.me}`), { what: 'the hunter to be seen' });
  expect(await prey.act('fly')).toBe('forbidden: this room knows move and shoot');
  expect(await prey.act('move', { dx: 5, dy: 0 })).toMatch(/^forbidden: move takes/);

  await hunt(hunter, prey);
  const match = hunter.state.get('match') as Match;
  expect(match.winner).toBe(hunter.me);
  expect(await hunter.act('shoot')).toBe('forbidden: the match is over');
  const { client: late } = await clients.guest(cluster().nodeUrl(1));
  late.write(joinFrame(1, room));
  expect(await late.next('error')).toMatchObject({ code: 'room-closed', message: 'the match is over', req: 1, room });

  for (const { client } of [hunter, prey]) {
    await until(() => client.frames.some(({ op }) => op === 'closed'), { timeoutMs: 30_000, what: 'CLOSED' });
    expect(await client.next('closed')).toEqual({ op: 'closed', room, reason: 'the match is over' });
  }
  // Who came first saw the other come, too.
  const shared = prey.events.filter(({ seq }) => seq >= (hunter.events[0]?.seq ?? 0));
  expect(hunter.events).toEqual(shared);
  expect(hunter.state).toEqual(prey.state);
  const scores = hunter.heard.flatMap((message) => {
    const [type, data] = message as [string, Record<string, unknown>];
    return type === 'kill' ? [data] : [];
  });
  const kill = (score: number) => ({ by: hunter.me, member: prey.me, score });
  expect(scores).toEqual(Array.from({ length: SCORE_TO_WIN }, (_, i) => kill(i + 1)));
  const user = expect.stringMatching(/^guest:/);
  expect(prey.heard.at(-1)).toEqual(['won', { member: hunter.me, user, score: SCORE_TO_WIN }]);
});
