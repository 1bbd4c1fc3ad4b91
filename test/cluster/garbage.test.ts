/** One node fed with garbage stays up, closes by the right code, gives its memory back; a good client beside notices nothing. */
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { Client } from '../support/independent/client.ts';
import { joinFrame, pingFrame, sendFrame, setFrame } from '../support/independent/client-frames.ts';
import { drawBelow, drawBytes, newRng, pick, type Rng } from '../support/independent/rng.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({}, 1);
const clients = useClients();

/** What a node may hold above before: the heap of a garbage-collected process does not shrink to the byte. */
const memoryBoundBytes = 48 * 1024 * 1024;
const returnsWithinMs = 90_000;

async function memoryBytes(): Promise<number> {
  const status = await readFile(`/proc/${cluster().nodes[0]?.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

/** Runs `attack` twice, the first time to warm the node up, beside a player that must not notice. */
async function withstand(attack: (round: number) => Promise<void>): Promise<void> {
  const pid = cluster().nodes[0]?.pid;
  const room = newRoom();
  const good = ['good', 'better'].map((name) => clients.player({ name, urls: [cluster().nodeUrl(0)] }));
  for (const player of good) player.join(room);
  let sent = 0;
  const sending = setInterval(() => {
    for (const player of good) player.say(room, `${player.name}-${++sent}`);
  }, 20);
  try {
    await attack(0);
    const before = await memoryBytes();
    await attack(1);
    await until(async () => (await memoryBytes()) <= before + memoryBoundBytes, {
      timeoutMs: returnsWithinMs,
      what: `the node's memory to come back to ${before} + ${memoryBoundBytes} bytes`,
    });
  } finally {
    clearInterval(sending);
  }
  await settled(good, 30_000);
  expect(showViolations(judge(good))).toBe('');
  expect(good.map((player) => player.links)).toEqual([1, 1]);
  const health = await fetch(`http://127.0.0.1:${cluster().nodes[0]?.port}/healthz`);
  await health.arrayBuffer();
  expect(health.status).toBe(200);
  process.kill(pid ?? 0, 0);
}

/** Many at a time, never more than `width`. */
async function inParallel(count: number, width: number, run: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function mutated(rng: Rng, room: string): Uint8Array {
  const frames = [
    [1, 1, null, null],
    joinFrame(1, room),
    sendFrame(room, 1, drawBytes(rng, 20)),
    setFrame(room, 1, { k: drawBytes(rng, 8) }, ['x']),
    pingFrame(5),
  ];
  const bytes = Uint8Array.from(encode(pick(rng, frames)));
  for (let i = 0; i <= drawBelow(rng, 3); i++) bytes[drawBelow(rng, bytes.length)] = drawBelow(rng, 256);
  return rng() < 0.3 ? bytes.subarray(0, drawBelow(rng, bytes.length)) : bytes;
}

/** The node answers in order: a PONG for this number says that the frame before it was taken as good. */
async function expectJudged(client: Client, frame: Uint8Array, what: string): Promise<void> {
  client.writeBytes(frame);
  client.write(pingFrame(987_654));
  const code = await Promise.race([
    client.closed.then((close) => close.code),
    client
      .next('pong', ({ t }) => t === 987_654)
      .then(
        () => 0,
        () => client.closed.then((close) => close.code),
      ),
  ]);
  expect([0, 4500, 4504], `${what}: ${Buffer.from(frame.subarray(0, 200)).toString('hex')}`).toContain(code);
  client.cut();
}

describe('a node under garbage', () => {
  it('[P3] random bytes and mutated frames, before and after HELLO', async () => {
    await withstand(async (round) => {
      const rng = newRng(100 + round);
      // One each round: those who are away count, and a relay room has 1,000 places.
      const room = newRoom();
      await inParallel(1500, 20, async (index) => {
        const client = await Client.connect(cluster().nodeUrl(0));
        if (index % 3 > 0) await client.hello();
        if (index % 3 === 2) await client.join(room);
        const frame = index % 2 === 0 ? drawBytes(rng, drawBelow(rng, 300)) : mutated(rng, room);
        await expectJudged(client, frame, `round ${round}, frame ${index}`);
      });
    });
  });

  it('[P3] text, frames of 10 MB, unknown opcodes, huge names', async () => {
    const big = new Uint8Array(10_000_000).fill(0x91);
    await withstand(async () => {
      await inParallel(200, 10, async (index) => {
        const client = await Client.connect(cluster().nodeUrl(0));
        await client.hello();
        const kind = index % 5;
        if (kind === 0) client.writeText('x'.repeat(60_000));
        if (kind === 1) client.writeBytes(big);
        if (kind === 2) client.write([index + 13, 'x']);
        if (kind < 3) expect((await client.closed).code, `kind ${kind}`).toBe(4500);
        if (kind === 3) client.write(joinFrame(1, 'x'.repeat(65_000)));
        if (kind === 4) client.write(joinFrame(1, `nope${index}:1`));
        if (kind >= 3) expect((await client.next('error')).code).toBe('bad-room');
        client.cut();
      });
    });
  });

  it('[section 1] 1,000 handshakes that stop halfway', async () => {
    await withstand(async () => {
      const sockets = await Promise.all(Array.from({ length: 1000 }, halfOpen));
      const beside = await clients.guest(cluster().nodeUrl(0));
      await beside.client.join(newRoom());
      await until(() => sockets.every((socket) => socket.destroyed), {
        timeoutMs: returnsWithinMs,
        what: 'the node to close the half-open connections',
      }).finally(() => {
        for (const socket of sockets) socket.destroy();
      });
      await beside.client.ping(1);
    });
  });

  it('[section 1] 1,000 upgrades that never send a frame end with 4002', async () => {
    await withstand(async () => {
      const codes = new Set<number>();
      const silent: Client[] = [];
      await inParallel(1000, 50, async () => {
        silent.push(await Client.connect(cluster().nodeUrl(0)));
      });
      for (const client of silent) codes.add((await client.closed).code);
      expect([...codes]).toEqual([4002]);
    });
  });
});

function halfOpen(_: unknown, index: number): Promise<Socket> {
  const request = [
    'GET /ws HTTP/1.1',
    'Host: 127.0.0.1',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '',
  ].join('\r\n');
  return new Promise((resolve, reject) => {
    const socket = connect(cluster().nodes[0]?.port ?? 0, '127.0.0.1', () => {
      socket.write(request.slice(0, 1 + (index % (request.length - 1))));
      resolve(socket);
    });
    socket.on('error', (error) => {
      socket.destroy();
      reject(error);
    });
    // Read on, so that the end of the other side is seen.
    socket.resume();
  });
}
