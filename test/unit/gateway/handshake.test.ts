import { describe, expect, test } from 'vitest';
import { encodeHello, encodeJoin, encodePing, encodeSend } from '../../../src/protocol/client-writer.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import type { AccessTokens, TokenCheck } from '../../../src/session/access-token.ts';
import { countingStore, FakeGateway, resumeIn, SESSION_TTL_MS } from './fakes.ts';

const HELLO = encodeHello(null, null);

/** Checks tokens when the test says so. */
function slowTokens(): AccessTokens & { settle(check: TokenCheck): void } {
  const waiting: ((check: TokenCheck) => void)[] = [];
  return {
    check: () => new Promise((resolve) => waiting.push(resolve)),
    settle: (check) => waiting.shift()?.(check),
  };
}

describe('HELLO', () => {
  test('[P1] [P2] a guest is welcomed in the same turn, under a name made from its sid', () => {
    const gateway = new FakeGateway();
    const { socket, connection, say } = gateway.connect();
    say(HELLO);
    const { sid } = connection.session;
    expect(socket.frames).toEqual([
      { op: 'welcome', sid, resume: expect.any(String), node: 'node-a', limits: DEFAULT_LIMITS },
    ]);
    expect(sid).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(connection.session).toEqual({ sid, user: `guest:${sid.slice(0, 8)}`, generation: 1 });
    expect(gateway.resumed).toEqual([]);
  });

  test('[P1] a connection without HELLO is closed with 4002 after 5 s', () => {
    const gateway = new FakeGateway();
    const silent = gateway.connect();
    const spoken = gateway.connect();
    spoken.say(HELLO);
    gateway.clock.advance(4_999);
    expect(silent.socket.closed).toBeNull();
    gateway.clock.advance(30);
    expect(silent.socket.closed?.code).toBe(4002);
    expect(spoken.socket.closed).toBeNull();
    expect(gateway.counters.helloTimeouts).toBe(1);
    // What is left is the look at the readers, while one is connected.
    expect(gateway.clock.timers).toBe(1);
  });

  test('[P1] each late connection is closed at its own time', () => {
    const gateway = new FakeGateway();
    const first = gateway.connect();
    gateway.clock.advance(3_000);
    const second = gateway.connect();
    gateway.clock.advance(2_500);
    expect(first.socket.closed?.code).toBe(4002);
    expect(second.socket.closed).toBeNull();
    gateway.clock.advance(2_600);
    expect(second.socket.closed?.code).toBe(4002);
  });

  test('[P1] anything else as the first frame is a bad frame', () => {
    const gateway = new FakeGateway();
    const { socket, say } = gateway.connect();
    say(encodePing(1));
    expect(socket.closed).toEqual({ code: 4500, reason: 'the first frame must be HELLO' });
    expect(gateway.counters.badOrder).toBe(1);
  });

  test('[P1] a second HELLO is a bad frame, and the rooms hear that the connection is gone', () => {
    const gateway = new FakeGateway();
    const { socket, connection, say } = gateway.welcomed('demo:1');
    say(HELLO);
    expect(socket.closed).toEqual({ code: 4500, reason: 'a second HELLO' });
    expect(gateway.rooms.gone).toEqual([connection.id]);
    expect(gateway.connections.size).toBe(0);
  });

  test('[P1] a version that is not spoken closes with 4504', () => {
    const { socket, say } = new FakeGateway().connect();
    say(Uint8Array.of(0x94, 1, 2, 0xc0, 0xc0));
    expect(socket.closed?.code).toBe(4504);
  });

  test('[P2] a refused token closes with 4501 and a reason', async () => {
    const access = slowTokens();
    const gateway = new FakeGateway({ access });
    const { socket, say } = gateway.connect();
    say(encodeHello('token', null));
    access.settle({ kind: 'refused', reason: 'the token is expired' });
    await gateway.clock.idle();
    expect(socket.closed).toEqual({ code: 4501, reason: 'the token is expired' });
    expect(gateway.rooms.gone).toEqual([]);
    expect(gateway.counters.sessionsRefused).toBe(1);
  });
});

describe('frames before WELCOME', () => {
  test('[P1] they wait for the session, and are served in their order after WELCOME', async () => {
    const access = slowTokens();
    const gateway = new FakeGateway({ access });
    const { socket, say, seat } = gateway.connect();
    const send = encodeSend('demo:1', 1, Uint8Array.of(7));
    say(encodeHello('token', null), encodeJoin(5, 'demo:1', null, null), send, encodePing(9));
    // The socket library reuses its bytes.
    send.fill(0);
    expect(gateway.rooms.joins).toEqual([]);
    access.settle({ kind: 'user', user: 'ada' });
    await gateway.clock.idle();
    expect(socket.frames.map((frame) => frame.op)).toEqual(['welcome', 'pong']);
    expect(gateway.rooms.joins).toEqual([{ req: 5, room: 'demo:1', since: null, meta: null }]);
    expect(seat('demo:1').heard).toEqual(['message 1 c40107']);
  });

  test('[P1] too many of them close the connection', () => {
    const gateway = new FakeGateway({ access: slowTokens(), limits: { roomsMax: 2 } });
    const { socket, say } = gateway.connect();
    say(encodeHello('token', null));
    for (let i = 0; i < 50; i++) say(encodePing(i));
    expect(socket.closed).toBeNull();
    say(encodePing(50));
    expect(socket.closed).toEqual({ code: 4503, reason: 'too many frames before WELCOME' });
  });

  test('[P1] a bad frame among them closes after WELCOME, and nothing behind it is served', async () => {
    const access = slowTokens();
    const gateway = new FakeGateway({ access });
    const { socket, say } = gateway.connect();
    say(encodeHello('token', null), Uint8Array.of(0x91, 99), encodeJoin(1, 'demo:1', null, null));
    access.settle({ kind: 'user', user: 'ada' });
    await gateway.clock.idle();
    expect(socket.closed?.code).toBe(4500);
    expect(gateway.rooms.joins).toEqual([]);
  });

  test('a socket that closes while its session opens is not welcomed', async () => {
    const access = slowTokens();
    const gateway = new FakeGateway({ access });
    const { socket, connection, say } = gateway.connect();
    say(encodeHello('token', null));
    connection.closed();
    access.settle({ kind: 'user', user: 'ada' });
    await gateway.clock.idle();
    expect(socket.frames).toEqual([]);
    expect(gateway.connections.sessions).toBe(0);
    expect(gateway.rooms.gone).toEqual([]);
  });

  test('a fault while the session opens closes with 1011, so that the client comes again', async () => {
    const faults: string[] = [];
    const log = { debug() {}, info() {}, warn() {}, error: (_: object, text: string) => void faults.push(text) };
    const access: AccessTokens = { check: () => Promise.reject(new Error('a bug')) };
    const gateway = new FakeGateway({ access, log });
    const { socket, say } = gateway.connect();
    say(encodeHello('token', null));
    await gateway.clock.idle();
    expect(socket.closed?.code).toBe(1011);
    expect(faults).toHaveLength(1);
  });
});

describe('a second connection of a session', () => {
  test('[P5] a connection comes again before its resume token runs out', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    gateway.clock.advance(SESSION_TTL_MS * 0.79);
    expect(client.socket.closed).toBeNull();
    gateway.clock.advance(SESSION_TTL_MS * 0.12);
    expect(client.socket.frames).toMatchObject([{ op: 'goaway', afterMs: 0 }]);
    expect(client.socket.closed?.code).toBe(4000);
  });

  test('[P4] [P5] it keeps sid and user, and the first closes with 4502', async () => {
    const gateway = new FakeGateway();
    const first = gateway.connect();
    first.say(HELLO);
    const second = gateway.connect();
    second.say(encodeHello(null, resumeIn(first.socket.frames)));
    await gateway.clock.idle();
    expect(first.socket.closed?.code).toBe(4502);
    expect(second.connection.session).toEqual({ ...first.connection.session, generation: 2 });
    expect(gateway.resumed).toEqual([second.connection.session]);
    expect(gateway.connections.sessions).toBe(1);
  });

  test('[P4] of two resumes that overtake each other the older one is closed', async () => {
    const pending: ((generation: number) => void)[] = [];
    const store = { open: () => new Promise<number>((resolve) => pending.push(resolve)) };
    const gateway = new FakeGateway({ store });
    const origin = gateway.connect();
    origin.say(HELLO);
    const resume = resumeIn(origin.socket.frames);
    const [older, newer] = [gateway.connect(), gateway.connect()];
    older.say(encodeHello(null, resume));
    newer.say(encodeHello(null, resume));
    pending[1]?.(3);
    await gateway.clock.idle();
    pending[0]?.(2);
    await gateway.clock.idle();
    expect(older.socket.closed?.code).toBe(4502);
    expect(older.socket.frames).toEqual([]);
    expect(newer.socket.closed).toBeNull();
    expect(gateway.connections.sessions).toBe(1);
  });

  test('[P4] word from another node closes an older connection only', async () => {
    const gateway = new FakeGateway({ store: countingStore() });
    const { socket, connection } = gateway.welcomed();
    gateway.connections.replaceOlder(connection.session.sid, 1);
    gateway.connections.replaceOlder('another session', 9);
    expect(socket.closed).toBeNull();
    gateway.connections.replaceOlder(connection.session.sid, 2);
    expect(socket.closed?.code).toBe(4502);
    expect(gateway.rooms.gone).toEqual([connection.id]);
  });
});
