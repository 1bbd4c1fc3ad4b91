import { describe, expect, test } from 'vitest';
import { CLOSE } from '../../../src/protocol/codes.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { encodeGoaway, encodePong, encodeWelcome, encodeWelcomeTail } from '../../../src/protocol/server-frame.ts';
import { FakeServer, outcome } from './fake-server.ts';
import { joined, ROOM } from './server-says.ts';

function started(options = {}) {
  const server = new FakeServer();
  const statuses: string[] = [];
  const client = server.client({
    onStatus: (status, error) => statuses.push(error === null ? status : `${status}:${error.code}`),
    ...options,
  });
  client.start();
  return { server, client, statuses };
}

describe('opening', () => {
  test('[P1] HELLO is the first frame, with token and resume, and nothing else before WELCOME', () => {
    const { server, client } = started({ token: 'jwt', resume: 'r0' });
    client.join(ROOM);
    server.socket.open();
    server.clock.settle();
    expect(server.socket.heard()).toEqual([{ op: 'hello', token: 'jwt', resume: 'r0' }]);
    expect(client.status).toBe('connecting');
  });

  test('[P1] WELCOME opens the session and brings sid, resume and limits', () => {
    const { server, client, statuses } = started();
    server.welcome('s1', { roomsMax: 3 });
    expect(statuses).toEqual(['connecting', 'open']);
    expect([client.sid, client.resume, client.limits.roomsMax]).toEqual(['s1', 'resume-s1-1', 3]);
  });

  test('a second WELCOME on one connection changes nothing', () => {
    const { server, client, statuses } = started();
    const socket = server.welcome();
    socket.say(encodeWelcome('other', 'r', encodeWelcomeTail('n', DEFAULT_LIMITS)));
    server.clock.settle();
    expect(client.sid).toBe('s1');
    expect(statuses).toEqual(['connecting', 'open']);
  });

  test('without WELCOME within 10 s the socket is given up and the next one tried', () => {
    const { server, statuses } = started();
    const first = server.socket;
    first.open();
    server.clock.advance(10_000);
    expect(first.closed).not.toBeNull();
    server.nextSocket();
    expect(statuses).toEqual(['connecting', 'waiting', 'connecting']);
  });

  test('the URL carries the room hint, and the sid once it is known', () => {
    const { server } = started({ url: 'wss://x/ws?a=b', room: 'arena:4 2' });
    expect(server.socket.url).toBe('wss://x/ws?a=b&room=arena%3A4%202');
    server.welcome('s/1').close(1006);
    expect(server.nextSocket().url).toBe('wss://x/ws?a=b&room=arena%3A4%202&sid=s%2F1');
  });

  test('a frame that can not be read is given up with its socket', () => {
    const { server, client } = started();
    const socket = server.welcome();
    socket.say(Uint8Array.of(0xc1));
    server.clock.settle();
    expect(socket.closed?.code).toBe(4400);
    expect(client.status).toBe('waiting');
  });
});

describe('[P5] the session across connections', () => {
  test('[P5] each HELLO carries the newest resume token', () => {
    const { server } = started({ resume: 'old' });
    server.welcome('s1').close(1006);
    const second = server.nextSocket();
    second.open();
    server.clock.settle();
    expect(second.one('hello').resume).toBe('resume-s1-1');
  });

  test('[P5] after WELCOME with another sid rooms are joined without since', () => {
    const { server, client } = started();
    const first = server.welcome('s1');
    client.join(ROOM);
    first.say(joined(first.one('join').req));
    first.close(1006);
    server.nextSocket();
    expect(server.welcome('s2').one('join').since).toBeNull();
  });

  test('[P7] after WELCOME with the same sid rooms are joined with since', () => {
    const { server, client } = started();
    const first = server.welcome('s1');
    const room = client.join(ROOM);
    first.say(joined(first.one('join').req, { seq: 12 }));
    first.close(1006);
    server.nextSocket();
    expect(server.welcome('s1').one('join').since).toEqual([room.epoch, 12]);
  });
});

describe('closing', () => {
  const again = [1000, 1001, 1005, 1006, 1011, CLOSE.goingAway, CLOSE.tooSlow, CLOSE.helloTimeout, 4499, 5000];
  test.each(again)('close %i connects again', (code) => {
    const { server, client } = started();
    server.welcome().close(code);
    server.nextSocket();
    server.welcome();
    expect(client.status).toBe('open');
  });

  const final = [
    [CLOSE.badFrame, 'bad-frame'],
    [CLOSE.unauthorized, 'unauthorized'],
    [CLOSE.replaced, 'replaced'],
    [CLOSE.rateLimit, 'rate-limited'],
    [CLOSE.version, 'version'],
    [4999, 'closed'],
  ] as const;
  test.each(final)('close %i ends the session with the error %s', async (code, error) => {
    const { server, client, statuses } = started();
    const socket = server.welcome();
    const room = client.join(ROOM);
    socket.say(joined(socket.one('join').req));
    server.clock.settle();
    const sent = outcome(room.sendRaw(Uint8Array.of(1)));
    socket.close(code, 'the why');
    server.clock.advance(60_000);
    expect(statuses.at(-1)).toBe(`closed:${error}`);
    expect(client.error?.message).toContain('the why');
    expect(await sent.now()).toBe(error);
    expect(server.sockets).toHaveLength(1);
    expect(server.clock.timers).toBe(0);
    expect(() => client.join('demo:2')).toThrow('closed');
  });

  test('[P4] a late 4502 of a socket that was given up does not end the session', () => {
    const { server, client } = started();
    const first = server.welcome();
    server.clock.advance(DEFAULT_LIMITS.keepAliveMs + 10_000);
    server.nextSocket();
    server.welcome();
    first.close(CLOSE.replaced);
    server.clock.settle();
    expect(client.status).toBe('open');
  });

  test('close() ends everything at once and leaves no timer', async () => {
    const { server, client, statuses } = started();
    const socket = server.welcome();
    const join = outcome(client.join(ROOM).joined);
    client.close();
    client.close();
    expect(statuses).toEqual(['connecting', 'open', 'closed']);
    expect(socket.closed?.code).toBe(1000);
    expect(await join.now()).toBe('closed');
    expect(server.clock.timers).toBe(0);
  });

  test('a listener may close at any status and nothing goes on', () => {
    for (const when of ['connecting', 'open', 'waiting']) {
      const server = new FakeServer();
      const client = server.client({ onStatus: (status) => status === when && client.close() });
      client.start();
      if (when !== 'connecting') server.welcome().close(1006);
      server.clock.advance(60_000);
      expect([client.status, server.sockets.length, server.clock.timers]).toEqual(['closed', 1, 0]);
    }
  });
});

describe('back-off', () => {
  /** Each connection fails at once; answers the waits between tries. */
  function waits(server: FakeServer, tries: number): number[] {
    const found: number[] = [];
    for (let i = 0; i < tries; i++) {
      const from = server.clock.now();
      server.socket.close(1006);
      server.nextSocket();
      found.push(server.clock.now() - from);
    }
    return found;
  }

  test('waits grow with full jitter and stay within 10 s', () => {
    const { server } = started();
    const found = waits(server, 40);
    found.slice(0, 8).forEach((ms, i) => {
      expect(ms).toBeLessThanOrEqual(100 * 2 ** i + 100);
    });
    expect(Math.max(...found)).toBeGreaterThan(5_000);
    expect(Math.max(...found)).toBeLessThanOrEqual(10_100);
    expect(new Set(found.slice(10)).size).toBeGreaterThan(10);
  });

  test('a connection that is lost soon after WELCOME does not reset them, one that lived does', () => {
    const { server } = started();
    waits(server, 10);
    server.welcome();
    server.clock.advance(100);
    server.socket.close(1006);
    expect(Math.max(...waits(server, 10))).toBeGreaterThan(3_000);
    server.welcome();
    server.clock.advance(10_000);
    const from = server.clock.now();
    server.socket.close(1006);
    server.nextSocket();
    expect(server.clock.now() - from).toBeLessThanOrEqual(200);
  });
});

describe('GOAWAY', () => {
  test('connects again after afterMs, and closes the old socket itself', () => {
    const { server, client, statuses } = started();
    const first = server.welcome();
    first.say(encodeGoaway('drain', 700), encodeGoaway('drain', 100));
    server.clock.advance(699);
    expect([client.status, server.sockets.length]).toEqual(['open', 1]);
    server.clock.advance(1);
    expect([first.closed?.code, server.sockets.length]).toEqual([1000, 2]);
    first.close(CLOSE.goingAway);
    server.welcome();
    expect(statuses).toEqual(['connecting', 'open', 'connecting', 'open']);
  });

  test('a socket that closes earlier is not replaced before afterMs', () => {
    const { server } = started();
    const first = server.welcome();
    first.say(encodeGoaway('drain', 5_000));
    first.close(CLOSE.goingAway);
    server.clock.advance(4_999);
    expect(server.sockets).toHaveLength(1);
    server.clock.advance(200);
    expect(server.sockets).toHaveLength(2);
  });
});

describe('keep-alive', () => {
  test('a silent connection is asked after keepAliveMs, and lives on with any answer', () => {
    const { server, client } = started();
    const socket = server.welcome('s1', { keepAliveMs: 4_000 });
    for (let i = 0; i < 5; i++) {
      server.clock.advance(4_000);
      socket.say(encodePong(socket.one('ping').t, 1));
      server.clock.settle();
    }
    expect([client.status, server.sockets.length]).toEqual(['open', 1]);
  });

  test('frames count as life: no PING while they come', () => {
    const { server } = started();
    const socket = server.welcome('s1', { keepAliveMs: 4_000 });
    for (let i = 0; i < 10; i++) {
      server.clock.advance(3_000);
      socket.say(encodePong(0, 1));
      server.clock.settle();
    }
    expect(socket.heard()).toEqual([]);
  });

  test('a half-open connection is given up 10 s after the PING, and the next one tried', () => {
    const { server, client } = started();
    const socket = server.welcome('s1', { keepAliveMs: 4_000 });
    server.clock.advance(13_999);
    expect(client.status).toBe('open');
    server.clock.advance(1);
    expect([client.status, socket.closed?.code]).toEqual(['waiting', 4400]);
    server.nextSocket();
  });

  test('ping() answers the round trip and the server time; calls share one', async () => {
    const { server, client } = started();
    const socket = server.welcome();
    const pings = [client.ping(), client.ping()];
    const { t } = socket.one('ping');
    server.clock.advance(25);
    socket.say(encodePong(t, 777), encodePong(t, 888));
    server.clock.settle();
    expect(await Promise.all(pings)).toEqual(Array(2).fill({ roundTripMs: 25, serverTimeMs: 777 }));
  });

  test('ping() rejects without a connection and when it is lost', async () => {
    const { server, client } = started();
    await expect(client.ping()).rejects.toMatchObject({ code: 'disconnected' });
    const socket = server.welcome();
    const ping = outcome(client.ping());
    socket.close(1006);
    server.clock.settle();
    expect(await ping.now()).toBe('disconnected');
  });
});
