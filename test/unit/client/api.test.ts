import { describe, expect, test } from 'vitest';
import { seededRng } from '../../../src/base/rng.ts';
import { Client, connect, type Room } from '../../../src/client/client.ts';
import { CLOSE } from '../../../src/protocol/codes.ts';
import { decodeMessage, encodeMessage, encodePayload } from '../../../src/protocol/payload.ts';
import { encodeDirect, encodeLeft } from '../../../src/protocol/server-frame.ts';
import { FakeServer, outcome } from './fake-server.ts';
import { ack, EPOCH, type Event, events, joined, ROOM, sync } from './server-says.ts';

function options(server: FakeServer) {
  return { ports: { clock: server.clock, rng: seededRng(1), transport: server.transport } };
}

/** A client in a room, through the public API only. */
async function playing(standing = {}) {
  const server = new FakeServer();
  const connecting = connect('ws://test/ws', options(server));
  server.welcome();
  const client = await connecting;
  const joinedRoom = client.join(ROOM, { meta: { name: 'ann' } });
  server.socket.say(joined(server.socket.one('join').req, { roster: [1, 3], ...standing }));
  server.clock.settle();
  const room = await joinedRoom;
  const say = (...frames: Uint8Array[]): void => {
    server.socket.say(...frames);
    server.clock.settle();
  };
  return { server, client, room, say };
}

const message = (type: string, data: unknown, member = 1): Event => {
  return { kind: 'message', member, cseq: 1, payload: encodeMessage(type, data) };
};

const bytes = (value: unknown): number[] => [...encodePayload(value)];

/** Everything that the room emits under these names. */
function listen(room: Room, ...names: string[]): unknown[][] {
  const got: unknown[][] = [];
  for (const name of names) room.on(name, (...args: unknown[]) => got.push([name, ...args]));
  return got;
}

describe('connect', () => {
  test('resolves when the session is open, with its sid and resume token', async () => {
    const { client } = await playing();
    expect([client.status, client.sid, client.resume]).toEqual(['open', 's1', 'resume-s1-1']);
  });

  test('rejects when the server ends the session, and stops', async () => {
    const server = new FakeServer();
    const end = outcome(connect('ws://test/ws', { token: 'bad', ...options(server) }));
    server.socket.open();
    server.socket.close(CLOSE.unauthorized);
    server.clock.settle();
    expect(await end.now()).toBe('unauthorized');
    expect(server.clock.timers).toBe(0);
  });

  test('rejects after timeoutMs where nobody answers, and stops', async () => {
    const server = new FakeServer();
    const end = outcome(connect('ws://test/ws', { timeoutMs: 3_000, ...options(server) }));
    server.clock.advance(3_000);
    expect(await end.now()).toBe('timeout');
    expect(server.clock.timers).toBe(0);
  });

  test('rejects a malformed URL with its text', async () => {
    await expect(connect('not a url')).rejects.toMatchObject({ code: 'bad-argument' });
  });

  test('status listeners hear of loss and return, and can be removed', async () => {
    const { server, client } = await playing();
    const got: string[] = [];
    const off = client.on('status', (status) => got.push(status));
    server.socket.close(1006);
    server.nextSocket();
    server.welcome();
    off();
    client.close();
    expect(got).toEqual(['waiting', 'connecting', 'open']);
  });
});

describe('rooms', () => {
  test('join hands over the meta, and answers the same room for the same name', async () => {
    const server = new FakeServer();
    const client = new Client('ws://test/ws', options(server));
    void client.opened(1_000);
    server.welcome();
    const rooms = Promise.all([client.join(ROOM, { meta: { name: 'ann' } }), client.join(ROOM)]);
    const { req, meta } = server.socket.one('join');
    expect(meta).toEqual(encodePayload({ name: 'ann' }));
    server.socket.say(joined(req));
    server.clock.settle();
    const [a, b] = await rooms;
    expect(a).toBe(b);
  });

  test('a room that is being left is joined again after that', async () => {
    const { server, client, room, say } = await playing();
    const left = room.leave();
    const again = client.join(ROOM);
    say(encodeLeft(server.socket.one('leave').req, ROOM));
    await left;
    await server.clock.idle();
    say(joined(server.socket.one('join').req, { me: 4 }));
    expect((await again).me).toBe(4);
    expect(room.me).toBe(3);
  });

  test('messages reach the listeners of their type and of *, with the sender', async () => {
    const { room, say } = await playing();
    const got = listen(room, 'hit', '*');
    say(
      events(11, [message('hit', { by: 7 }), message('miss', null, 0)]),
      encodeDirect(ROOM, 0, encodeMessage('hit', 1)),
    );
    expect(got).toEqual([
      ['hit', { by: 7 }, 1],
      ['*', 'hit', { by: 7 }, 1],
      ['*', 'miss', null, 0],
      ['hit', 1, 0],
      ['*', 'hit', 1, 0],
    ]);
  });

  test('send encodes [type, data] and resolves when done', async () => {
    const { server, room, say } = await playing();
    const sent = outcome(room.send('move', { x: 1.5 }));
    const heard = server.socket.heard();
    expect(heard).toMatchObject([{ op: 'send', cseq: 1 }]);
    const [first] = heard;
    // The body still has its two bytes of bin header.
    expect(first?.op === 'send' && decodeMessage(first.body.subarray(2))).toEqual({ type: 'move', data: { x: 1.5 } });
    expect(await sent.now()).toBe('pending');
    say(ack(1));
    expect(await sent.now()).toBe('done');
  });

  test('reserved names are refused when sent, and do not pass for events of the room when received', async () => {
    const { room, say } = await playing();
    await expect(room.send('closed')).rejects.toMatchObject({ code: 'bad-argument' });
    const got = listen(room, 'closed', '*');
    say(events(11, [message('closed', 1)]));
    expect(got).toEqual([['*', 'closed', 1, 1]]);
  });

  test('a payload that is not [type, data] is passed over', async () => {
    const { room, say } = await playing();
    const got = listen(room, '*');
    const junk = Uint8Array.of(0xc1, 0xff);
    say(events(11, [{ kind: 'message', member: 1, cseq: 1, payload: junk }, message('ok', 1)]));
    expect(got).toEqual([['*', 'ok', 1, 1]]);
  });

  test('a listener that throws stops neither the others nor the SDK; its error surfaces by itself', async () => {
    const { server, room } = await playing();
    room.on('hit', () => {
      throw new Error('a fault of the game');
    });
    const got = listen(room, 'hit');
    server.socket.say(events(11, [message('hit', 1)]));
    expect(() => server.clock.settle()).toThrow('a fault of the game');
    expect(got).toHaveLength(1);
  });

  test('members follow joins, leaves, away and back', async () => {
    const { room, say } = await playing();
    const got = listen(room, 'member');
    expect([...room.members.keys()]).toEqual([1, 3]);
    const meta = encodePayload({ name: 'bo' });
    say(
      events(11, [
        { kind: 'joined', member: 5, user: 'bo', meta },
        { kind: 'status', member: 5, status: 0 },
        { kind: 'status', member: 5, status: 1 },
        { kind: 'left', member: 5, reason: 0 },
        { kind: 'status', member: 77, status: 0 },
      ]),
    );
    const bo = { user: 'bo', status: 'here', meta: { name: 'bo' } };
    expect(got).toEqual([
      ['member', 'joined', 5, bo],
      ['member', 'away', 5, { ...bo, status: 'away' }],
      ['member', 'back', 5, bo],
      ['member', 'left', 5, bo],
    ]);
    expect([...room.members.keys()]).toEqual([1, 3]);
  });

  test('closed is told once, and not when the client itself left', async () => {
    const { server, client, room, say } = await playing();
    const got = listen(room, 'closed');
    client.close();
    expect(got).toMatchObject([['closed', { code: 'closed' }]]);
    const other = await playing();
    const none = listen(other.room, 'closed');
    void other.room.leave();
    other.say(encodeLeft(other.server.socket.one('leave').req, ROOM));
    expect(none).toEqual([]);
    expect(server.clock.timers).toBe(0);
    say(ack(1));
  });
});

describe('state', () => {
  const state = { a: bytes(1), b: bytes({ deep: [true] }) };

  test('get, has, keys, entries and size read what all agree on', async () => {
    const { room } = await playing({ state });
    expect([room.state.get('a'), room.state.get('none'), room.state.has('b'), room.state.size]).toEqual([
      1,
      undefined,
      true,
      2,
    ]);
    expect([...room.state.keys()]).toEqual(['a', 'b']);
    expect([...room.state]).toEqual([
      ['a', 1],
      ['b', { deep: [true] }],
    ]);
    expect(room.state.get('b')).toBe(room.state.get('b'));
  });

  test('set, delete and update are commands; the value shows when the own event comes', async () => {
    const { server, room, say } = await playing({ state });
    const ends = [room.state.set('a', 2), room.state.delete('b'), room.state.update({ c: 3 }, ['a'])].map(outcome);
    expect(server.socket.cseqs()).toEqual([1, 2, 3]);
    expect(room.state.get('a')).toBe(1);
    say(events(11, [{ kind: 'state', member: 3, cseq: 1, set: { a: bytes(2) } }]));
    expect(room.state.get('a')).toBe(2);
    expect(await Promise.all(ends.map((end) => end.now()))).toEqual(['done', 'pending', 'pending']);
  });

  test('change names each key that changed, by an event or a snapshot', async () => {
    const { room, say } = await playing({ state });
    const got: string[] = [];
    room.state.on('change', (key) => got.push(key));
    say(events(11, [{ kind: 'state', member: 1, cseq: 1, set: { a: bytes(5), n: bytes(0) }, del: ['b'] }]));
    expect(got.splice(0)).toEqual(['a', 'n', 'b']);
    say(sync('owner', { epoch: EPOCH + 1, state: { a: bytes(5), b: bytes(9) } }));
    expect(got.sort()).toEqual(['b', 'n']);
  });

  test('a value that is no plain data is refused', async () => {
    const { room } = await playing();
    expect(() => room.state.set('k', () => 1)).toThrow('only plain data');
    expect(() => room.send('x', new Date())).toThrow('only plain data');
  });
});
