import { describe, expect, test } from 'vitest';
import type { HttpAnswer } from '../../../src/gateway/http-response.ts';
import { type HttpRequest, type NodeView, Routes } from '../../../src/gateway/routes.ts';

function setUp(adminToken: string | null = 'the admin token of the tests') {
  let ready = true;
  const view: NodeView = {
    ready: () => (ready ? { ok: true, reasons: [] } : { ok: false, reasons: ['Redis can not be reached'] }),
    cluster: () => ({ id: 'a' }),
    storage: () => ({ type: 'redis', state: 'up' }),
    health: async () => ({ healthy: ready, totalSessions: 2 }),
    rooms: () => [{ room: 'demo:1' }],
    room: (name) => (name === 'demo:1' ? { room: name } : null),
    metrics: async () => 'roomcast_joins_total 1\n',
  };
  const routes = new Routes(view, { adminToken });
  const get = (path: string, more: Partial<HttpRequest> = {}): HttpAnswer | Promise<HttpAnswer> =>
    routes.answer({ method: 'get', path, authorization: '', isLocal: false, ...more });
  return { get, unready: () => (ready = false) };
}

describe('routes', () => {
  test('health is always well, readiness says why not', async () => {
    const { get, unready } = setUp();
    expect(await get('/readyz')).toMatchObject({ status: 200, body: '{"ok":true,"reasons":[]}\n' });
    unready();
    expect(await get('/healthz')).toMatchObject({ status: 200, body: '{"ok":true}\n' });
    expect(await get('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('Redis can not be reached'),
    });
  });

  test('[health] is JSON, and its status says the same as its body', async () => {
    const { get, unready } = setUp();
    expect(await get('/api/health')).toMatchObject({ status: 200, body: '{"healthy":true,"totalSessions":2}\n' });
    unready();
    expect(await get('/api/health')).toMatchObject({ status: 503, body: expect.stringContaining('"healthy":false') });
  });

  test('metrics are text, the cluster and its rooms JSON', async () => {
    const { get } = setUp();
    expect(await get('/metrics')).toMatchObject({ status: 200, type: expect.stringContaining('text/plain') });
    expect(await get('/api/cluster')).toMatchObject({ status: 200, type: expect.stringContaining('application/json') });
    expect(await get('/api/storage/status')).toMatchObject({ status: 200, body: '{"type":"redis","state":"up"}\n' });
    expect(await get('/api/rooms')).toMatchObject({ status: 200, body: '{"rooms":[{"room":"demo:1"}]}\n' });
  });

  test('a room is shown to this machine, or by the admin token', async () => {
    const { get } = setUp();
    const path = '/api/rooms/demo:1';
    expect(await get(path)).toMatchObject({ status: 401, body: expect.stringContaining('admin token') });
    expect(await get(path, { isLocal: true })).toMatchObject({ status: 200 });
    expect(await get(path, { authorization: 'Bearer the admin token of the tests' })).toMatchObject({ status: 200 });
    expect(await get(path, { authorization: 'Bearer another' })).toMatchObject({ status: 401 });
    expect(await setUp(null).get(path, { authorization: 'Bearer null' })).toMatchObject({ status: 401 });
  });

  test('a room name may be encoded; a wrong one is 400, an unknown one 404', async () => {
    const { get } = setUp();
    const ask = (name: string) => get(`/api/rooms/${name}`, { isLocal: true });
    expect(await ask('demo%3A1')).toMatchObject({ status: 200 });
    expect(await ask('demo:2')).toMatchObject({ status: 404 });
    for (const name of ['', '%', '%00', '..%2f..', 'a/b']) expect(await ask(name)).toMatchObject({ status: 400 });
  });

  test('other paths and methods are JSON errors', async () => {
    const { get } = setUp();
    expect(await get('/')).toMatchObject({ status: 404, body: '{"error":{"status":404,"message":"no such path"}}\n' });
    expect(await get('/ws')).toMatchObject({ status: 426 });
    expect(await get('/healthz', { method: 'post' })).toMatchObject({ status: 405, headers: [['allow', 'GET, HEAD']] });
    expect(await get('/healthz', { method: 'head' })).toMatchObject({ status: 200 });
  });
});
