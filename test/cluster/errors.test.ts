/** Section 7: each code that a relay room can give, with the fields that tell a client what it was about. */
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Client } from '../support/independent/client.ts';
import { bytesOf, joinFrame } from '../support/independent/client-frames.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({ STATE_BYTES_MAX: '10000', ROOMS_MAX: '4', COMMANDS_PER_SEC: '50' });
const clients = useClients();

const one = Uint8Array.of(1);

async function member(room: string, node?: number): Promise<{ client: Client; me: number }> {
  const { client } = await clients.guest(node === undefined ? cluster().url : cluster().nodeUrl(node));
  return { client, me: (await client.join(room)).me };
}

describe('JOIN', () => {
  it('[bad-room] names that are none, and types not served here', async () => {
    const { client } = await clients.guest(cluster().url);
    const names = ['', '-demo', '.demo', ':1', 'demo 1', 'demo:ü', 'demo:1\n', 'demo/1', `demo:${'x'.repeat(124)}`];
    for (const [i, name] of [...names, 'nope:1', 'nope', `demo:${'x'.repeat(60_000)}`].entries()) {
      client.write(joinFrame(100 + i, name));
      const error = await client.next('error');
      expect(error, name.slice(0, 200)).toMatchObject({ code: 'bad-room', retry: false, req: 100 + i, cseq: null });
      expect(error.message).toMatch(/\w/);
    }
    expect((await client.join(`demo:${'x'.repeat(123)}`)).me).toBe(1);
  });

  it('[too-many-rooms] over roomsMax, until one is left', async () => {
    const { client, welcome } = await clients.guest(cluster().url);
    expect(welcome.limits.get('roomsMax')).toBe(4);
    const rooms = [newRoom(), newRoom(), newRoom(), newRoom()];
    for (const room of rooms) await client.join(room);
    const fifth = newRoom();
    client.write(joinFrame(100, fifth));
    expect(await client.next('error')).toMatchObject({ code: 'too-many-rooms', retry: false, req: 100, room: fifth });
    await client.join(rooms[0] ?? '');
    await client.leave(rooms[0] ?? '');
    await client.join(fifth);
  });

  it('[too-large] a meta over 1 KiB', async () => {
    const { client } = await clients.guest(cluster().url);
    const room = newRoom();
    client.write(joinFrame(100, room, null, new Uint8Array(1025)));
    expect(await client.next('error')).toMatchObject({ code: 'too-large', retry: false, req: 100, room });
    expect((await client.join(room, { meta: new Uint8Array(1024) })).roster?.[0]?.meta).toHaveLength(1024);
  });
});

describe('commands', () => {
  it('[not-joined] SEND, SET and LEAVE of a room that this connection has not joined', async () => {
    const room = newRoom();
    await member(room);
    const { client } = await clients.guest(cluster().url);
    client.send(room, 1, one);
    expect(await client.next('error')).toMatchObject({ code: 'not-joined', retry: false, room, cseq: 1 });
    client.set(room, 5, { k: one });
    expect(await client.next('error')).toMatchObject({ code: 'not-joined', retry: false, room, cseq: 5 });
    await client.leave(room).catch((error: unknown) => {
      expect(error).toMatchObject({ frame: { code: 'not-joined', room } });
    });
    const { me } = await client.join(room);
    client.send(room, 1, one);
    await client.event(room, { kind: 'message', member: me });
  });

  it('[too-large] a key over 128 bytes of UTF-8, in set and in del', async () => {
    const room = newRoom();
    const { client } = await member(room);
    client.set(room, 1, { ['k'.repeat(129)]: one });
    expect(await client.next('error')).toMatchObject({ code: 'too-large', retry: false, room, cseq: 1 });
    client.set(room, 2, { ['ü'.repeat(65)]: one });
    expect(await client.next('error')).toMatchObject({ code: 'too-large', retry: false, room, cseq: 2 });
    client.set(room, 3, { ['ü'.repeat(64)]: one });
    await client.event(room, { cseq: 3 });
    expect((await client.join(room)).state?.size).toBe(1);
  });

  it('[too-large] a state over stateBytesMax, and room again after a del', async () => {
    const room = newRoom();
    const { client } = await member(room);
    const value = new Uint8Array(4000);
    client.set(room, 1, { a: value, b: value });
    await client.event(room, { cseq: 1 });
    client.set(room, 2, { c: value });
    expect(await client.next('error')).toMatchObject({ code: 'too-large', retry: false, room, cseq: 2 });
    expect([...((await client.join(room)).state?.keys() ?? [])].sort()).toEqual(['a', 'b']);
    client.set(room, 3, {}, ['a']);
    client.set(room, 4, { c: value });
    await client.event(room, { cseq: 4 });
    expect([...((await client.join(room)).state?.keys() ?? [])].sort()).toEqual(['b', 'c']);
  });

  it('[rate-limited] [P19] a burst over the limit is refused from some cseq on, and what comes after it is not applied', async () => {
    const room = newRoom();
    const { client } = await member(room);
    const watcher = await member(room, 1);
    const total = 150;
    for (let cseq = 1; cseq <= total; cseq++) client.send(room, cseq, bytesOf(`${cseq}`));
    const first = await client.next('error');
    expect(first).toMatchObject({ code: 'rate-limited', retry: true, room });
    const refused = first.cseq ?? 0;
    expect(refused).toBeGreaterThan(50);
    await watcher.client.event(room, { cseq: refused - 1 });
    const answers = () => client.frames.filter((f) => f.op === 'error' && f.cseq !== null).length;
    await until(() => answers() === total - refused + 1, { what: 'an ERROR for each of the rest' });
    // The answer to this JOIN comes after all that the room holds by now.
    await watcher.client.join(room);
    const applied = watcher.client
      .eventsOf(room)
      .flatMap(({ event }) => (event.kind === 'message' ? [event.cseq] : []));
    expect(applied).toEqual(Array.from({ length: refused - 1 }, (_, i) => i + 1));
  });

  it('[rate-limited] [P19] what was refused is applied once, when it is sent again', async () => {
    const room = newRoom();
    const players = [0, 1].map((node) =>
      clients.player({ name: `at${node}`, urls: [cluster().nodeUrl(node)], window: 1000 }),
    );
    for (const player of players) player.join(room);
    await settled(players, 10_000);
    for (let i = 0; i < 200; i++) for (const player of players) player.say(room, `${player.name}-${i}`);
    await settled(players, 60_000);
    expect(showViolations(judge(players))).toBe('');
    expect(players.map((player) => player.links)).toEqual([1, 1]);
  });

  it('[section 3] req comes back as it was, in answers and in errors', async () => {
    const { client } = await clients.guest(cluster().url);
    for (const req of [0, 255, 65_536, Number.MAX_SAFE_INTEGER]) {
      client.write(joinFrame(req, 'nope:1'));
      expect((await client.next('error')).req).toBe(req);
    }
    client.write(joinFrame(Number.MAX_SAFE_INTEGER, newRoom()));
    expect((await client.next('joined')).req).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('without Redis', () => {
  it('[unavailable] [P18] a log room can not be joined anew, and what was sent is done only after its return', async () => {
    const room = newRoom('ledger');
    const players = [0, 1].map((node) => clients.player({ name: `at${node}`, urls: [cluster().nodeUrl(node)] }));
    for (const player of players) player.join(room);
    players[0]?.say(room, 'before');
    await settled(players, 10_000);
    const { client } = await clients.guest(cluster().nodeUrl(0));
    const { pid } = cluster().redis;
    process.kill(pid, 'SIGSTOP');
    onTestFinished(() => {
      process.kill(pid, 'SIGCONT');
    });
    for (const player of players) player.say(room, `meanwhile ${player.name}`);
    const other = newRoom('ledger');
    client.write(joinFrame(100, other));
    expect(await client.next('error')).toMatchObject({ code: 'unavailable', retry: true, req: 100, room: other });
    expect(players.map((player) => player.openCommands)).toEqual([1, 1]);
    process.kill(pid, 'SIGCONT');
    await settled(players, 30_000);
    for (const player of players) player.say(room, `after ${player.name}`);
    await settled(players, 30_000);
    expect(showViolations(judge(players))).toBe('');
  });
});
