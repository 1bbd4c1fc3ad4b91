/** [strict] A room that must never have two owners, at a node whose Redis goes away and comes back. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Client } from '../../support/independent/client.ts';
import { bytesOf } from '../../support/independent/client-frames.ts';
import type { ServerFrame } from '../../support/independent/frames.ts';
import { useNodesInProcess } from '../../support/nodes-in-process.ts';
import { startRedis } from '../../support/redis-server.ts';

const startNode = useNodesInProcess();
const QUICK = {
  NODE_HEARTBEAT_MS: '50',
  NODE_TTL_MS: '400',
  PEER_HEARTBEAT_MS: '50',
  REDIS_COMMAND_TIMEOUT_MS: '1500',
};
const ROOMS = `export const duel = { type: 'duel', onPartition: 'strict', membersMaySet: true };`;

test('[strict] stands still while Redis is away, and goes on when it is back', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'roomcast-rooms-'));
  writeFileSync(join(dir, 'duel.mjs'), ROOMS);
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const server = await startRedis();
  const node = await startNode({ ...QUICK, ROOMS_DIR: dir, REDIS_URL: server.url });
  const client = await Client.connect(node.url);
  onTestFinished(() => client.cut());
  await client.hello();
  await client.join('duel:1');
  await client.join('demo:1');

  await server.stop();
  const said = await setUntil(client, 1, (frame) => frame.op === 'error');
  expect(said.frame).toMatchObject({ op: 'error', code: 'unavailable', retry: true });
  client.set('demo:1', 1, { k: bytesOf('goes on') });
  await client.event('demo:1', { kind: 'changed', cseq: 1 });

  const again = await startRedis({ port: server.port });
  onTestFinished(() => again.stop());
  const went = await setUntil(client, said.cseq, (frame) => frame.op === 'events');
  expect(went.cseq).toBe(said.cseq);
});

/** Between two tries of a client. */
const PACE_MS = 20;

/** Sets on and on, one at a time: what is refused or lost again, under its number, what is done no more. */
async function setUntil(
  client: Client,
  first: number,
  isEnd: (frame: ServerFrame) => boolean,
): Promise<{ readonly cseq: number; readonly frame: ServerFrame }> {
  for (let cseq = first; ; ) {
    client.set('duel:1', cseq, { k: bytesOf(`set ${cseq}`) });
    const frame = await client.nextFrame((one) => {
      if (one.op === 'error') return one.room === 'duel:1' && one.cseq === cseq;
      if (one.op === 'sync') return one.room === 'duel:1';
      return one.op === 'events' && one.room === 'duel:1' && one.events.some(({ kind }) => kind === 'changed');
    }, 'what comes of a SET');
    if (isEnd(frame)) return { cseq, frame };
    if (frame.op === 'events') cseq++;
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}
