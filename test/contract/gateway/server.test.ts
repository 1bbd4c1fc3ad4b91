import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { Routes } from '../../../src/gateway/routes.ts';
import { Server } from '../../../src/gateway/server.ts';
import { encodeHello, encodeJoin, encodePing } from '../../../src/protocol/client-writer.ts';
import { until } from '../../support/until.ts';
import { FakeRooms } from '../../unit/gateway/fakes.ts';
import { ADMIN_TOKEN, newServer } from './harness.ts';

const HELLO = encodeHello(null, null);
const MIB = 1024 * 1024;

describe('upgrade over real sockets', () => {
  test('the subprotocol is chosen where it is offered, and needed where any is', async () => {
    const { connect } = await newServer();
    expect((await connect(['other', 'roomcast.v1'])).ws.protocol).toBe('roomcast.v1');
    expect((await connect([])).ws.protocol).toBe('');
    expect((await connect(['other'])).refused).toBe(400);
  });

  test('an origin that is not listed gets 403', async () => {
    const { connect, counters } = await newServer({ server: { allowedOrigins: ['https://game.example'] } });
    expect((await connect(undefined, { origin: 'https://evil.example' })).refused).toBe(403);
    expect((await connect(undefined, { origin: 'https://game.example' })).refused).toBeNull();
    expect(counters.connectionsRefused).toBe(1);
  });

  test('a full node gets 503 out, and has room again when someone leaves', async () => {
    const { connect, connections } = await newServer({ server: { connectionsMax: 1 } });
    const first = await connect();
    expect((await connect()).refused).toBe(503);
    first.ws.close();
    await until(() => connections.size === 0);
    expect((await connect()).refused).toBeNull();
  });

  test('a node that is going away answers 503 and goes on serving open sockets', async () => {
    const { connect, server } = await newServer();
    const client = await connect();
    server.drain();
    expect((await connect()).refused).toBe(503);
    client.say(HELLO);
    await client.frame('welcome');
  });

  test('a port that is taken is an error', async () => {
    const { port } = await newServer();
    const options = { host: '127.0.0.1', port, receiveBytesMax: MIB, backpressureBytesMax: MIB, keepAliveMs: 30_000 };
    const second = new Server(silentLogger, new Counters(), { ...options, allowedOrigins: [], connectionsMax: 1 });
    const { connections } = await newServer();
    const view = {
      ready: () => ({ ok: true, reasons: [] }),
      cluster: () => ({}),
      storage: () => ({}),
      health: async () => ({ healthy: true }),
      rooms: () => [],
      room: () => null,
    };
    const routes = new Routes({ ...view, metrics: async () => '' }, { adminToken: null });
    await expect(second.listen(connections, routes)).rejects.toThrow(`can't listen on 127.0.0.1:${port}`);
    second.close();
  });
});

describe('frames over real sockets', () => {
  test('[P1] HELLO, JOIN and PING sent in one go are served in order', async () => {
    const rooms = new FakeRooms();
    const { connect } = await newServer({ rooms });
    const client = await connect();
    client.say(HELLO, encodeJoin(1, 'demo:1', null, null), encodePing(5));
    await client.frame('pong');
    expect(client.frames.map((frame) => frame.op)).toEqual(['welcome', 'pong']);
    expect(rooms.joins).toHaveLength(1);
  });

  test('[P4] a resumed session replaces its older connection', async () => {
    const { connect } = await newServer();
    const first = await connect();
    first.say(HELLO);
    const { sid, resume } = await first.frame('welcome');
    const second = await connect();
    second.say(encodeHello(null, resume));
    expect((await second.frame('welcome')).sid).toBe(sid);
    expect((await first.end()).code).toBe(4502);
  });

  test('[P3] a frame over the limit closes with 4500 and a reason, one of 10 MB too', async () => {
    const { connect, counters } = await newServer();
    for (const bytes of [65_537, 10 * MIB]) {
      const client = await connect();
      client.say(HELLO, new Uint8Array(bytes));
      expect(await client.end()).toEqual({
        code: 4500,
        reason: `frame of ${bytes} bytes, over frameBytesMax 65536`,
      });
    }
    expect(counters.badTooLarge).toBe(2);
  });

  test('[P3] what is over the receive limit is cut, and the node goes on', async () => {
    const { connect } = await newServer({ server: { receiveBytesMax: MIB } });
    const client = await connect();
    client.say(HELLO, new Uint8Array(2 * MIB));
    expect((await client.end()).code).toBe(1006);
    const next = await connect();
    next.say(HELLO);
    await next.frame('welcome');
  });

  test('[P3] a text message closes with 4500', async () => {
    const { connect } = await newServer();
    const client = await connect();
    client.say(HELLO, 'hello');
    expect((await client.end()).code).toBe(4500);
  });

  test('a fault in the rooms costs only the connection that met it', async () => {
    class FaultyRooms extends FakeRooms {
      override join(): void {
        throw new Error('a bug');
      }
    }
    const faults: object[] = [];
    const log = { ...silentLogger, error: (fields: object) => void faults.push(fields) };
    const { connect, connections } = await newServer({ rooms: new FaultyRooms(), log });
    const [unlucky, other] = [await connect(), await connect()];
    unlucky.say(HELLO, encodeJoin(1, 'demo:1', null, null));
    other.say(HELLO);
    expect((await unlucky.end()).code).toBe(1011);
    await other.frame('welcome');
    expect(faults).toHaveLength(1);
    expect(connections.size).toBe(1);
  });

  test('closing the server ends every socket, those without HELLO and half-open ones too', async () => {
    const { connect: open, connections, server, port } = await newServer();
    const client = await open();
    const raw = connect(port, '127.0.0.1');
    const rawEnded = new Promise((resolve) => raw.on('close', resolve).on('error', () => {}));
    await new Promise((resolve) => raw.on('connect', resolve));
    connections.closeAll('stopping');
    expect((await client.end()).code).toBe(4000);
    raw.write('GET /ws HTTP/1.1\r\n');
    server.close();
    raw.end();
    await rawEnded;
    expect(connections.size).toBe(0);
  });
});

describe('HTTP', () => {
  test('answers JSON with a status, errors too', async () => {
    const { http } = await newServer();
    const health = await fetch(`${http}/healthz`);
    expect(health.status).toBe(200);
    expect(health.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await health.json()).toEqual({ ok: true });
    const missing = await fetch(`${http}/nothing?room=1`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ error: { status: 404, message: 'no such path' } });
    expect((await fetch(`${http}/ws`)).status).toBe(426);
    expect((await fetch(`${http}/healthz`, { method: 'POST', body: 'x' })).status).toBe(405);
    const head = await fetch(`${http}/readyz`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  test('metrics come late and are text', async () => {
    const { http } = await newServer();
    const metrics = await fetch(`${http}/metrics`);
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toBe('roomcast_up 1\n');
  });

  test('a route that fails is 500, and the node goes on', async () => {
    const fail = (): never => {
      throw new Error('a bug');
    };
    const { http } = await newServer({ view: { cluster: fail, metrics: async () => fail() } });
    for (const path of ['/api/cluster', '/metrics']) expect((await fetch(http + path)).status).toBe(500);
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
  });

  test('a client that hangs up before its answer harms nobody', async () => {
    let release = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    let asked = false;
    const slow = async (): Promise<string> => {
      asked = true;
      await waiting;
      return 'late';
    };
    const { http } = await newServer({ view: { metrics: slow } });
    const abort = new AbortController();
    const request = fetch(`${http}/metrics`, { signal: abort.signal }).catch(() => 'aborted');
    await until(() => asked);
    abort.abort();
    expect(await request).toBe('aborted');
    release();
    expect((await fetch(`${http}/healthz`)).status).toBe(200);
  });

  test('a room is shown to this machine and to the admin token, not to those behind a proxy', async () => {
    const { http } = await newServer();
    const ask = async (headers: Record<string, string>) =>
      (await fetch(`${http}/api/rooms/demo:1`, { headers })).status;
    expect(await ask({})).toBe(200);
    expect(await ask({ 'x-forwarded-for': '203.0.113.7' })).toBe(401);
    expect(await ask({ 'x-forwarded-for': '203.0.113.7', authorization: `Bearer ${ADMIN_TOKEN}` })).toBe(200);
  });

  test('loopback over IPv6 is this machine as well', async () => {
    const { port } = await newServer({ server: { host: '::' } });
    for (const host of ['[::1]', '127.0.0.1']) {
      expect((await fetch(`http://${host}:${port}/api/rooms/demo:1`)).status).toBe(200);
    }
  });
});
