/** Rooms with code of their own on real nodes, seen by clients on the owner's node and on another. */
import { fileURLToPath } from 'node:url';
import { decode, encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import type { Client } from '../support/independent/client.ts';
import { bytesOf, joinFrame } from '../support/independent/client-frames.ts';
import type { Joined, State } from '../support/independent/frames.ts';
import { until } from '../support/until.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({ ROOMS_DIR: fileURLToPath(new URL('rooms', import.meta.url)) }, 2);
const clients = useClients();

interface Guest {
  readonly client: Client;
  readonly joined: Joined;
  readonly me: number;
  readonly resume: string;
}

async function guest(node: number, room: string, meta?: Uint8Array): Promise<Guest> {
  const { client, welcome } = await clients.guest(cluster().nodeUrl(node));
  const joined = await client.join(room, meta === undefined ? {} : { meta });
  return { client, joined, me: joined.me, resume: welcome.resume };
}

/** The first to join makes the room, so its node owns it; the second is on the node that the test is about. */
async function pair(room: string, node: number): Promise<{ first: Guest; second: Guest }> {
  return { first: await guest(0, room), second: await guest(node, room) };
}

const say = ({ client }: Guest, room: string, cseq: number, type: string, data: unknown = null): void =>
  client.send(room, cseq, encode([type, data]));

const acked = ({ client }: Guest, room: string, cseq: number) =>
  client.next('ack', (ack) => ack.room === room && ack.cseq >= cseq);

/** What the room has said to all so far, as this client saw it. */
const heard = ({ client }: Guest, room: string): unknown[] =>
  client
    .eventsOf(room)
    .flatMap(({ event }) => (event.kind === 'message' && event.member === 0 ? [decode(event.payload)] : []));

const hears = (listener: Guest, room: string, message: readonly unknown[]) =>
  until(() => heard(listener, room).some((known) => JSON.stringify(known) === JSON.stringify(message)), {
    what: `${JSON.stringify(message)} in ${room}`,
  });

const plain = (state: State | null): Record<string, unknown> =>
  Object.fromEntries([...(state ?? [])].map(([key, value]) => [key, decode(value)]));

/** What the room holds now. Nothing that it did before comes after this answer. */
const stateNow = async ({ client }: Guest, room: string) => plain((await client.join(room)).state);

async function refusal(node: number, room: string, meta: Uint8Array | null = null) {
  const { client } = await clients.guest(cluster().nodeUrl(node));
  client.write(joinFrame(77, room, null, meta));
  return client.next('error');
}

describe.each([
  ["on the owner's node", 0],
  ['across nodes', 1],
])('%s', (_where, node) => {
  it('[section 7] room-full until somebody has left', async () => {
    const room = newRoom('couple');
    const { second } = await pair(room, node);
    expect(await refusal(node, room)).toMatchObject({ code: 'room-full', retry: true, req: 77, room, cseq: null });
    const again = await clients.guest(cluster().nodeUrl(node), { resume: second.resume });
    expect((await again.client.join(room)).me, 'a member that comes back is none too many').toBe(second.me);
    again.client.cut();
    await again.client.closed;
    expect((await refusal(node, room)).code, 'one that is away counts').toBe('room-full');
    const back = await clients.guest(cluster().nodeUrl(node), { resume: second.resume });
    await back.client.join(room);
    await back.client.leave(room);
    expect((await guest(node, room)).me).toBeGreaterThan(second.me);
  });

  it('[section 7] unauthorized, and what else onJoin refuses with: no member, no event, no state', async () => {
    const room = newRoom('vault');
    const first = await guest(0, room, bytesOf('key'));
    const refused = { req: 77, room, cseq: null };
    const unauthorized = { ...refused, code: 'unauthorized', retry: false, message: 'only for those with the key' };
    expect(await refusal(node, room)).toMatchObject(unauthorized);
    expect(await refusal(node, room, bytesOf('keys'))).toMatchObject(unauthorized);
    expect(await refusal(node, room, bytesOf('late'))).toMatchObject({ ...refused, code: 'room-closed', retry: false });
    expect(await refusal(node, room, bytesOf('bang'))).toMatchObject({ ...refused, code: 'internal', retry: true });
    const { me, joined } = await guest(node, room, bytesOf('key'));
    expect(plain(joined.state)).toEqual({ [`tried:${first.me}`]: 'key', [`tried:${me}`]: 'key' });
    expect(joined.roster?.map(({ member }) => member)).toEqual([first.me, me]);
    await hears(first, room, ['tried', 'key']);
    const events = first.client.eventsOf(room).filter(({ seq }) => seq > first.joined.seq);
    expect(events.map(({ event }) => event.kind).sort()).toEqual(['changed', 'joined', 'message']);
  });

  it('[section 7] forbidden by room.reject uses the cseq up, and nothing of the command is kept', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    say(second, room, 1, 'refuse');
    const forbidden = { code: 'forbidden', retry: false, req: null, room };
    expect(await second.client.next('error')).toMatchObject({ ...forbidden, cseq: 1, message: 'not in this court' });
    second.client.send(room, 2, bytesOf('not [type, data]'));
    expect(await second.client.next('error')).toMatchObject({ ...forbidden, cseq: 2 });
    say(second, room, 3, 'say', 'after');
    await hears(first, room, ['said', 'after']);
    expect(heard(first, room)).toEqual([['said', 'after']]);
    expect(await stateNow(first, room)).not.toHaveProperty('kept');
  });

  it('[section 7] forbidden: SET where membersMaySet is off, SEND where onMessage is missing', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    const forbidden = { code: 'forbidden', retry: false, req: null, room };
    for (const { client } of [first, second]) {
      client.set(room, 1, { mine: encode(1) }, ['made']);
      expect(await client.next('error')).toMatchObject({ ...forbidden, cseq: 1 });
    }
    expect(await stateNow(second, room)).toEqual({
      made: room,
      [`p:${first.me}`]: expect.any(String),
      [`p:${second.me}`]: expect.any(String),
    });

    const board = newRoom('board');
    const writers = await pair(board, node);
    writers.second.client.set(board, 1, { mine: encode('chalk') });
    const { event } = await writers.first.client.event(board, { kind: 'changed', member: writers.second.me });
    expect(event.kind === 'changed' && plain(event.set)).toEqual({ mine: 'chalk' });
    say(writers.second, board, 2, 'say');
    expect(await writers.second.client.next('error')).toMatchObject({ ...forbidden, room: board, cseq: 2 });
  });

  it('[P15] internal: a handler that throws leaves nothing, and the same cseq works later', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    for (let i = 0; i < 2; i++) {
      say(second, room, 1, 'fail');
      expect(await second.client.next('error')).toMatchObject({
        code: 'internal',
        retry: true,
        req: null,
        room,
        cseq: 1,
      });
    }
    const before = await second.client.join(room);
    expect(before).toMatchObject({ me: second.me, cseq: 0 });
    expect(plain(before.state)).toMatchObject({ made: room });
    expect(plain(before.state)).not.toHaveProperty('kept');
    say(first, room, 1, 'mend');
    await acked(first, room, 1);
    say(second, room, 1, 'fail');
    await acked(second, room, 1);
    await hears(first, room, ['worked', second.me]);
    for (const listener of [first, second]) expect(heard(listener, room)).toEqual([['worked', second.me]]);
    expect(second.client.frames.filter(({ op }) => op === 'direct')).toEqual([]);
  });

  it('[P15] commands of a room with code are done by ACK, also one that does nothing', async () => {
    const room = newRoom('court');
    const { second } = await pair(room, node);
    say(second, room, 1, 'nothing');
    expect((await acked(second, room, 1)).cseq).toBe(1);
    for (let cseq = 2; cseq <= 20; cseq++) say(second, room, cseq, 'say', cseq);
    await acked(second, room, 20);
    await hears(second, room, ['said', 20]);
    const order = Array.from({ length: 19 }, (_, i) => ['said', i + 2]);
    expect(heard(second, room)).toEqual(order);
    say(second, room, 20, 'say', 'again');
    await acked(second, room, 20);
    expect((await second.client.join(room)).cseq).toBe(20);
    expect(heard(second, room)).toEqual(order);
  });

  it('[section 4] DIRECT goes to one member alone, outside the order', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    const third = await guest(node, room);
    const { seq } = await third.client.join(room);
    say(first, room, 1, 'whisper', second.me);
    const { member, payload } = await second.client.next('direct');
    expect([member, decode(payload)]).toEqual([second.me, ['whispered', first.me]]);
    say(second, room, 1, 'whisper', first.me);
    expect(decode((await first.client.next('direct')).payload)).toEqual(['whispered', second.me]);
    expect((await third.client.join(room)).seq).toBe(seq);
    expect(third.client.frames.some(({ op }) => op === 'direct')).toBe(false);
  });

  it('[section 4] a member that the room removes leaves with reason 2, and may come again as another', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    say(first, room, 1, 'remove', second.me);
    for (const { client } of [first, second]) {
      await client.event(room, { kind: 'left', member: second.me, reason: 2 });
    }
    await hears(first, room, ['gone', { member: second.me, reason: 'removed' }]);
    say(second, room, 1, 'say', 'from outside');
    const error = await second.client.next('error', ({ cseq }) => cseq !== null);
    expect(error).toMatchObject({ code: 'not-joined', retry: false, room, cseq: 1 });
    const again = await second.client.join(room);
    expect(again.me).toBeGreaterThan(second.me);
    expect(again).toMatchObject({ cseq: 0, roster: [{ member: first.me }, { member: again.me }] });
    expect(Object.keys(plain(again.state)).sort()).toEqual(['made', `p:${first.me}`, `p:${again.me}`].sort());
  });

  it('[section 4] CLOSED ends the room for all, and its name is free again', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    say(second, room, 1, 'close', 'time is up');
    say(second, room, 2, 'say', 'in the same breath');
    for (const { client } of [first, second]) {
      expect(await client.next('closed')).toEqual({ op: 'closed', room, reason: 'time is up' });
    }
    // What was said behind the end is refused, or went down with the room: by the time when it was read.
    await second.client.ping(1);
    const codes = second.client.frames.flatMap((frame) => (frame.op === 'error' ? [frame.code] : []));
    expect([[], ['room-closed'], ['not-joined']]).toContainEqual(codes);
    say(first, room, 1, 'say', 'too late');
    expect(await first.client.next('error')).toMatchObject({ code: 'not-joined', retry: false, room, cseq: 1 });
    for (const member of [first, second]) expect(heard(member, room)).toEqual([]);
    const anew = await guest(node, room);
    expect(plain(anew.joined.state)).toEqual({ made: room, [`p:${anew.me}`]: expect.any(String) });
    expect(anew.joined.roster?.map(({ member }) => member)).toEqual([anew.me]);
    expect((await first.client.join(room)).roster).toHaveLength(2);
  });

  it('[section 4] presence off: an empty roster, and nobody sees who comes, goes or is away', async () => {
    const room = newRoom('hidden');
    const { first, second } = await pair(room, node);
    for (const { joined } of [first, second]) expect(joined.roster).toEqual([]);
    const third = await guest(node, room);
    third.client.cut();
    await until(async () => (await stateNow(first, room)).left === 'timeout', { what: 'the third to time out' });
    await second.client.leave(room);
    await until(async () => (await stateNow(first, room)).left === 'left', { what: 'the second to leave' });
    say(first, room, 1, 'hello', 'all');
    await hears(first, room, ['hello', { from: first.me, data: 'all' }]);
    for (const { client } of [first, second]) {
      const kinds = new Set(client.eventsOf(room).map(({ event }) => event.kind));
      expect([...kinds].filter((kind) => kind !== 'message' && kind !== 'changed')).toEqual([]);
    }
  });

  it('[P11] a tick that changes the state is one event, the same for all', async () => {
    const room = newRoom('clock');
    const { first, second } = await pair(room, node);
    const last = plain(second.joined.state).tick;
    const start = typeof last === 'number' ? last : 0;
    const changes = ({ client }: Guest) => client.eventsOf(room).filter(({ seq }) => seq > second.joined.seq);
    await until(() => [first, second].every((member) => changes(member).length >= 20), { what: '20 ticks' });
    expect(changes(first).slice(0, 20)).toEqual(changes(second).slice(0, 20));
    for (const [i, { event, seq }] of changes(second).slice(0, 20).entries()) {
      const tick = start + i + 1;
      const even = tick % 2 === 0;
      expect(seq).toBe(second.joined.seq + i + 1);
      expect(event).toMatchObject({
        kind: 'changed',
        member: 0,
        cseq: 0,
        del: even && tick > 2 ? [`even:${tick - 2}`] : [],
      });
      expect(event.kind === 'changed' && plain(event.set)).toEqual({
        half: tick - 0.5,
        tick,
        ...(even ? { [`even:${tick}`]: tick } : {}),
      });
    }
  });

  it('[P6] JOINED holds the state that the room itself has set', async () => {
    const room = newRoom('court');
    const { first, second } = await pair(room, node);
    const users = new Map((second.joined.roster ?? []).map(({ member, user }) => [`p:${member}`, user]));
    expect(users.size).toBe(2);
    expect(plain(first.joined.state)).toMatchObject({ made: room });
    expect(plain(second.joined.state)).toEqual({ made: room, ...Object.fromEntries(users) });
  });
});
