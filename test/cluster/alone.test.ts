/** Nodes as they start: without Redis, with one that is not there yet, beside another, with settings that can't be. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../../infra/cluster/ports.ts';
import { bytesOf } from '../support/independent/client-frames.ts';
import type { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients } from './fixture.ts';
import { type LoneNode, useLoneNodes } from './lone-node.ts';

// Before `clients`: its check comes first, while the nodes still run.
const start = useLoneNodes();
const clients = useClients();

const rooms = { ROOMS_RELAY: 'demo=snapshot,ledger=log,scratch=none' };
const types = ['demo', 'ledger', 'scratch'] as const;
const secret = 'the secret of the nodes that stand alone, 32 bytes and more';

/** Two connections see each other's commands, and a lost one comes back as the same member. */
async function playsOn(node: LoneNode, room: string): Promise<void> {
  const a = await clients.guest(node.url);
  const b = await clients.guest(node.url);
  const { me } = await a.client.join(room);
  await b.client.join(room);
  a.client.set(room, 1, { k: bytesOf('v') });
  a.client.send(room, 2, bytesOf('hello'));
  await b.client.event(room, { kind: 'message', member: me, cseq: 2 });
  a.client.cut();
  await b.client.event(room, { kind: 'status', member: me, status: 0 });
  const back = await clients.guest(node.url, { resume: a.welcome.resume });
  const state = new Map([['k', Buffer.from('v')]]);
  expect(await back.client.join(room)).toMatchObject({ me, cseq: 2, state });
}

describe('without REDIS_URL', () => {
  it.each(types)('serves %s rooms, and is ready', async (type) => {
    const node = await (await start(rooms)).serves();
    expect(await node.readyz()).toMatchObject({ status: 200, body: { ok: true } });
    await playsOn(node, newRoom(type));
    expect(node.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('with a REDIS_URL where nobody answers', () => {
  it('says what it can not reach, serves in memory, and tells /readyz why it is not ready', async () => {
    const node = await (await start({ ...rooms, REDIS_URL: 'redis://:open-sesame@127.0.0.1:1' })).serves();
    const [said] = node.lines.filter(({ level }) => level === 'error');
    expect(said?.msg).toMatch(/REDIS_URL can't be reached.*alone, in memory/);
    expect(said?.reason).toMatch(/127\.0\.0\.1:1/);
    expect(await node.readyz()).toMatchObject({
      status: 503,
      body: { ok: false, reasons: [expect.stringMatching(/Redis.*127\.0\.0\.1:1/)] },
    });
    await playsOn(node, newRoom());
    expect(node.output).not.toContain('open-sesame');
  });

  it.each(types)('[P14] [P17] joins when Redis comes: %s rooms go on, nothing is lost or doubled', async (type) => {
    const [redisPort = 0] = await freePorts(1);
    const env = { ...rooms, REDIS_URL: `redis://127.0.0.1:${redisPort}`, SESSION_SECRET: secret };
    const first = await (await start(env)).serves();
    const room = newRoom(type);
    const players = ['a', 'b'].map((name) => clients.player({ name, urls: [first.url] }));
    for (const player of players) player.join(room);
    for (const player of players) player.put(room, `${player.name}-alone`, player.name);
    await settled(players, 10_000);

    const talk = talking(players, room);
    const redis = await startRedis({ port: redisPort });
    onTestFinished(() => redis.stop());
    await until(async () => (await first.readyz()).status === 200, { timeoutMs: 30_000, what: 'the node to join' });
    await until(() => players.every((player) => syncs(player, room) > 0), { timeoutMs: 30_000, what: 'SYNC for all' });

    const second = await (await start(env)).serves();
    await until(async () => (await second.readyz()).status === 200, { timeoutMs: 30_000 });
    players.push(clients.player({ name: 'c', urls: [second.url] }));
    players.at(-1)?.join(room);
    await settled(players.slice(-1), 30_000);
    for (const player of players) talk.round(player);
    talk.stop();
    await settled(players, 30_000);

    const verdict = judge(players);
    // What the room itself notes while it moves to the store is inside the SYNC, and an event for nobody.
    const violations = verdict.violations.filter(({ rule }) => rule !== 'test');
    expect(showViolations({ ...verdict, violations })).toBe('');
    expect(verdict.commands).toBeGreaterThan(players.length * 2);
    for (const player of players) {
      const { state, roster } = player.replica(room);
      expect([...state.keys()].sort(), player.name).toEqual(['a', 'b']);
      expect(roster.size, player.name).toBe(3);
      expect(new Set(mesOf(player, room)).size, `${player.name} keeps its number (P8)`).toBe(1);
    }
    expect(players.map(({ links }) => links)).toEqual([1, 1, 1]);
  });
});

/** All players say something again and again, so that commands are on the way whenever the node changes its mind. */
function talking(players: readonly Player[], room: string) {
  let said = 0;
  const round = (player: Player) => player.say(room, `${player.name}-${++said}`);
  const timer = setInterval(() => players.forEach(round), 20);
  const stop = () => clearInterval(timer);
  onTestFinished(stop);
  return { round, stop };
}

const syncs = (player: Player, room: string): number =>
  (player.ledgers.get(room)?.entries ?? []).filter((entry) => entry.what === 'jump' && entry.cause !== 'joined').length;

const mesOf = (player: Player, room: string): number[] =>
  (player.ledgers.get(room)?.entries ?? []).flatMap((entry) => ('me' in entry ? [entry.me] : []));

describe('a second node', () => {
  it('[section 3] answers a JOIN once, also the first one ever for a room of the other node', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const env = { ...rooms, REDIS_URL: redis.url, SESSION_SECRET: secret };
    const first = await (await start(env)).serves();
    const room = newRoom();
    const owner = await clients.guest(first.url);
    await owner.client.join(room);

    const second = await (await start(env)).serves();
    const { client } = await clients.guest(second.url);
    const { me, req } = await client.join(room);
    for (let cseq = 1; cseq <= 20; cseq++) {
      client.send(room, cseq, bytesOf('hello'));
      await client.event(room, { kind: 'message', member: me, cseq });
    }
    expect(client.frames.filter((frame) => frame.op === 'joined').map((frame) => frame.req)).toEqual([req]);
  });
});

describe('with wrong settings', () => {
  it('does not start, ends with 78 and lists all problems at once', async () => {
    const node = await start({
      PORT: '99999',
      REDIS_URL: 'http://:open-sesame@127.0.0.1',
      ROOMS_RELAY: 'demo',
      AUTH_MODE: 'jwt',
      NODE_ENV: 'production',
      STATE_BYTES_MAX: 'much',
      ROOMCAST_FAST: 'true',
    });
    expect(await node.ended()).toBe(78);
    for (const name of ['PORT', 'REDIS_URL', 'ROOMS_RELAY', 'JWT_SECRET', 'SESSION_SECRET', 'STATE_BYTES_MAX']) {
      expect(node.output).toContain(name);
    }
    expect(node.output).toContain('ROOMCAST_FAST');
    expect(node.output).not.toContain('open-sesame');
  });

  it('does not start, ends with 1 and says so where ROOMS_DIR holds nothing', async () => {
    const node = await start({ ROOMS_DIR: 'test/cluster/no-such-folder' });
    expect(await node.ended()).toBe(1);
    expect(node.output).toContain('no-such-folder');
  });
});
