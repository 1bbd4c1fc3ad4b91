/** What happens to those who break a limit for long: 4503, 4001; and to those who are slow for a while: P13. */
import { describe, expect, it } from 'vitest';
import type { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { newRoom, settled, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({
  COMMANDS_PER_SEC: '2000',
  BYTES_PER_SEC: '60000000',
  KEEP_ALIVE_MS: '10000',
  GRACE_MS: '60000',
});
const clients = useClients();

/** 24 MB: more than the kernel's socket buffers and any sane limit of a node hold. */
const flood = { frames: 400, bytes: 60_000 };

/** One member floods the room, and is done when all of it has come back to it. */
async function floodRoom(room: string, name: string): Promise<Player> {
  const sender = clients.player({ name, urls: [cluster().nodeUrl(0)], window: 16 });
  sender.join(room);
  for (let i = 0; i < flood.frames; i++) sender.say(room, `${name}-${i}`, flood.bytes);
  await until(() => sender.isSettled, { timeoutMs: 60_000, what: 'the flood to be through' });
  return sender;
}

describe('a limit ignored', () => {
  it('[P19] a client that keeps on over the rate limit is closed with 4503, and nobody else', async () => {
    const room = newRoom();
    const { client: witness } = await clients.guest(cluster().nodeUrl(0));
    await witness.join(room);
    const { client } = await clients.guest(cluster().nodeUrl(0));
    await client.join(room);
    let cseq = 0;
    const sending = setInterval(() => {
      for (let i = 0; i < 150; i++) client.send(room, ++cseq, Uint8Array.of(1));
    }, 25);
    const close = await client.closed.finally(() => clearInterval(sending));
    expect(close.code).toBe(4503);
    expect(client.frames.some((f) => f.op === 'error' && f.code === 'rate-limited' && f.retry)).toBe(true);
    await witness.ping(1);
  });

  it('[P20] a reader that stops is closed with 4001, and the others feel nothing', async () => {
    const room = newRoom();
    const witness = clients.player({ name: 'witness', urls: [cluster().nodeUrl(0)] });
    witness.join(room);
    const { client: slow } = await clients.guest(cluster().nodeUrl(0));
    const { me } = await slow.join(room);
    await until(() => witness.isSettled);
    slow.pause();
    const sender = await floodRoom(room, 'flood');
    await until(() => witness.replica(room).roster.get(me)?.status === 0, {
      timeoutMs: 60_000,
      what: 'the node to give up on the slow reader',
    });
    slow.resume();
    expect((await slow.closed).code).toBe(4001);
    expect(witness.links).toBe(1);
    await settled([witness, sender], 30_000);
    const verdict = judge([witness, sender]);
    expect(showViolations(verdict)).toBe('');
    expect(verdict.holes).toBe(0);
  });
});

describe('a reader that is slow for a while', () => {
  it('[P13] learns of what it missed, and ends with the same room as the others', async () => {
    const room = newRoom();
    const quick = clients.player({ name: 'quick', urls: [cluster().nodeUrl(1)] });
    const slow = clients.player({ name: 'slow', urls: [cluster().nodeUrl(0)] });
    for (const player of [quick, slow]) player.join(room);
    await settled([quick, slow], 10_000);
    slow.pause();
    const sender = await floodRoom(room, 'burst');
    slow.resume();
    quick.put(room, 'last', 'k');
    await settled([quick, slow, sender], 60_000);
    const verdict = judge([quick, slow, sender]);
    expect(showViolations(verdict)).toBe('');
    expect(verdict.holes).toBeGreaterThan(0);
    expect(slow.replica(room).state.has('k')).toBe(true);
  });
});

describe('silence', () => {
  it('[section 6] is broken by a ping of the server after keepAliveMs', async () => {
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    expect(welcome.limits.get('keepAliveMs')).toBe(10_000);
    await until(() => client.pings > 0, { timeoutMs: 30_000, what: 'a ping' });
    await client.ping(1);
  });
});
