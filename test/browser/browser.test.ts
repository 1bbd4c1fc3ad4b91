/**
 * The built bundle in a real browser, against a real node: what the fake server of the unit tests can't show, namely
 * that the browser's WebSocket, its timers and a strict Content-Security-Policy carry the SDK.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundleForBrowsers } from '../../infra/build.ts';
import type { Client, Room } from '../../src/client/client.ts';

/** What the pages keep between calls. */
interface Game {
  readonly client: Client;
  readonly room: Room;
  readonly got: unknown[];
  readonly statuses: string[];
}

declare global {
  var game: Game;
  var connect: typeof import('../../src/client/client.ts').connect;
}

const ARGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let folder: string;
let node: ChildProcess;
let port: number;
let proxy: Awaited<ReturnType<typeof startProxy>>;
let site: Server;
let browser: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'roomcast-browser-'));
  await bundleForBrowsers(join(folder, 'client.js'));
  [node, port] = await startNode();
  proxy = await startProxy(port);
  site = await startSite(join(folder, 'client.js'));
  const executablePath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';
  browser = await chromium.launch({ executablePath, args: ARGS });
});

afterAll(async () => {
  await browser?.close();
  proxy?.close();
  site?.close();
  if (node?.exitCode === null) {
    node.kill('SIGTERM');
    await once(node, 'exit');
  }
  if (folder !== undefined) await rm(folder, { recursive: true });
});

/** A node on its own, on a free port, which its log names. */
async function startNode(): Promise<[ChildProcess, number]> {
  const settings = { PORT: '0', HOST: '127.0.0.1', ROOMS_OPEN: 'true', LOG_LEVEL: 'info', NODE_ENV: 'development' };
  const env = { PATH: process.env.PATH, ...settings };
  const child = spawn(process.execPath, ['src/main.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.startsWith('{')) continue;
    const { msg, port } = JSON.parse(line) as { msg?: string; port?: number };
    if (msg !== 'ready' || port === undefined) continue;
    child.stdout.resume();
    return [child, port];
  }
  throw new Error(`the node ended before it was ready, with code ${child.exitCode}`);
}

/** An empty page that allows scripts of its own origin only, and no generated code. */
async function startSite(bundle: string): Promise<Server> {
  const scripts: Record<string, string> = {
    '/client.js': await readFile(bundle, 'utf8'),
    '/page.js': `import { connect } from './client.js'; globalThis.connect = connect;`,
  };
  const server = createServer((request, response) => {
    const script = scripts[request.url ?? ''];
    response.setHeader('content-type', script === undefined ? 'text/html' : 'text/javascript');
    response.setHeader('content-security-policy', "default-src 'none'; script-src 'self'; connect-src *");
    response.end(script ?? '<!doctype html><title>game</title><script type="module" src="/page.js"></script>');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** A wire between page and node that the test can cut, as a lost network does. */
async function startProxy(target: number) {
  const ends = new Set<Socket>();
  let whole = true;
  const server = createTcpServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connectTcp(target, '127.0.0.1');
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      ends.add(end);
      end.pipe(other);
      end.on('error', () => other.destroy());
      end.on('close', () => ends.delete(end));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut(): void {
      whole = false;
      for (const end of ends) end.destroy();
    },
    heal(): void {
      whole = true;
    },
    close(): void {
      this.cut();
      server.close();
    },
  };
}

function siteUrl(): string {
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
}

async function play(user: string, port: number): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(siteUrl());
  await page.evaluate(
    async ([address, name]) => {
      const client = await globalThis.connect(address, { room: 'demo:browser' });
      const room = await client.join('demo:browser', { meta: { name } });
      const got: unknown[] = [];
      const statuses: string[] = [];
      room.on('*', (type, data, member) => got.push([type, data, member]));
      client.on('status', (status) => statuses.push(status));
      globalThis.game = { client, room, got, statuses };
    },
    [`ws://127.0.0.1:${port}/ws`, user] as const,
  );
  return page;
}

const me = (page: Page): Promise<number> => page.evaluate(() => globalThis.game.room.me);
const got = (page: Page): Promise<unknown[]> => page.evaluate(() => globalThis.game.got);

test('two pages exchange messages and state, and one that loses its connection misses nothing', async () => {
  const [ann, bo] = [await play('ann', port), await play('bo', proxy.port)];
  const [annMe, boMe] = [await me(ann), await me(bo)];

  await ann.evaluate(() => globalThis.game.room.send('hi', { from: 'ann', at: [1, 2.5, true, null] }));
  await bo.evaluate(() => globalThis.game.room.send('hi', 'bo'));
  await bo.evaluate(() => globalThis.game.room.state.set('ball', { x: 3 }));
  const first = [
    ['hi', { from: 'ann', at: [1, 2.5, true, null] }, annMe],
    ['hi', 'bo', boMe],
  ];
  await expect.poll(() => got(ann)).toEqual(first);
  await expect.poll(() => got(bo)).toEqual(first);
  await expect.poll(() => ann.evaluate(() => globalThis.game.room.state.get('ball'))).toEqual({ x: 3 });
  const names = () => ann.evaluate(() => [...globalThis.game.room.members.values()].map((member) => member.meta));
  await expect.poll(names).toEqual([{ name: 'ann' }, { name: 'bo' }]);

  proxy.cut();
  await expect.poll(() => bo.evaluate(() => globalThis.game.client.status)).not.toBe('open');
  await ann.evaluate(() => Promise.all([1, 2, 3].map((n) => globalThis.game.room.send('while away', n))));
  await bo.evaluate(() => {
    for (const n of [4, 5]) void globalThis.game.room.send('from away', n);
  });
  proxy.heal();
  const all = [
    ...first,
    ...[1, 2, 3].map((n) => ['while away', n, annMe]),
    ...[4, 5].map((n) => ['from away', n, boMe]),
  ];
  await expect.poll(() => got(bo), { timeout: 15_000 }).toEqual(all);
  await expect.poll(() => got(ann)).toEqual(all);
  expect(await me(bo)).toBe(boMe);
  expect(await bo.evaluate(() => globalThis.game.statuses.at(-1))).toBe('open');
});

test('a refused address rejects with its code', async () => {
  const page = await browser.newPage();
  await page.goto(siteUrl());
  const code = await page.evaluate(() =>
    globalThis.connect('ws://127.0.0.1:9/ws', { timeoutMs: 500 }).catch((error: { code: string }) => error.code),
  );
  expect(code).toBe('timeout');
});
