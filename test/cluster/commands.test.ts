import { describe, expect, it } from 'vitest';
import type { Client } from '../support/independent/client.ts';
import { bytesOf, textOf } from '../support/independent/client-frames.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster();
const clients = useClients();
const types = ['demo', 'ledger', 'scratch'] as const;

const done = (client: Client, room: string, member: number, cseq: number) => client.event(room, { member, cseq });

const messagesIn = (client: Client, room: string): string[] =>
  client.eventsOf(room).flatMap(({ event }) => (event.kind === 'message' ? [textOf(event.payload)] : []));

/** Two members of one room on two nodes. */
async function pair(room: string) {
  const a = await clients.guest(cluster().nodeUrl(0));
  const b = await clients.guest(cluster().nodeUrl(1));
  const ofA = await a.client.join(room);
  const ofB = await b.client.join(room);
  return { a: a.client, b: b.client, ofA, ofB, resumeOfA: a.welcome.resume };
}

describe.each(types)('a %s room', (type) => {
  it('[P11] shows members of two nodes the same events under the same place', async () => {
    const room = newRoom(type);
    const { a, b, ofA, ofB } = await pair(room);
    for (let cseq = 1; cseq <= 50; cseq++) {
      a.send(room, cseq, bytesOf(`a${cseq}`));
      b.set(room, cseq, { [`k${cseq % 7}`]: bytesOf(`b${cseq}`) }, [`k${(cseq + 3) % 7}`]);
    }
    for (const client of [a, b]) {
      await done(client, room, ofA.me, 50);
      await done(client, room, ofB.me, 50);
    }
    const ofBoth = (client: Client) =>
      client.eventsOf(room).filter(({ event }) => event.kind === 'message' || event.kind === 'changed');
    expect(ofBoth(a)).toHaveLength(100);
    expect(ofBoth(b)).toEqual(ofBoth(a));
    for (const me of [ofA.me, ofB.me]) {
      const cseqs = ofBoth(a).flatMap(({ event }) => (event.member === me && 'cseq' in event ? [event.cseq] : []));
      expect(cseqs).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    }
  });

  it('[P15] a cseq that was applied is answered with ACK and changes nothing', async () => {
    const room = newRoom(type);
    const { a, b, ofA } = await pair(room);
    for (const cseq of [1, 2, 3]) a.send(room, cseq, bytesOf(`${cseq}`));
    await done(a, room, ofA.me, 3);
    for (const cseq of [3, 1]) {
      a.send(room, cseq, bytesOf('again'));
      const ack = await a.next('ack');
      expect(ack.room).toBe(room);
      expect(ack.cseq).toBeGreaterThanOrEqual(cseq);
      expect(ack.cseq).toBeLessThanOrEqual(3);
    }
    a.send(room, 4, bytesOf('4'));
    await done(b, room, ofA.me, 4);
    const seen = messagesIn(b, room);
    expect(seen).toEqual(['1', '2', '3', '4']);
  });

  it('[P16] a cseq too high is answered with the one expected, and changes nothing', async () => {
    const room = newRoom(type);
    const { a, b, ofA } = await pair(room);
    a.send(room, 3, bytesOf('three'));
    expect(await a.next('error')).toMatchObject({ code: 'out-of-order', retry: true, room, cseq: 1 });
    a.send(room, 1, bytesOf('one'));
    await done(a, room, ofA.me, 1);
    a.set(room, 7, { k: bytesOf('seven') });
    expect(await a.next('error')).toMatchObject({ code: 'out-of-order', retry: true, room, cseq: 2 });
    a.send(room, 2, bytesOf('two'));
    await done(b, room, ofA.me, 2);
    const seen = messagesIn(b, room);
    expect(seen).toEqual(['one', 'two']);
  });

  it('[P17] commands of a connection that was cut take effect once after the renumbering', async () => {
    const room = newRoom(type);
    const { a, b, ofA, resumeOfA } = await pair(room);
    for (let cseq = 1; cseq <= 30; cseq++) a.send(room, cseq, bytesOf(`${cseq}`));
    a.cut();
    const back = await clients.guest(cluster().nodeUrl(2), { resume: resumeOfA });
    const joined = await back.client.join(room);
    expect(joined.me).toBe(ofA.me);
    expect(joined.cseq).toBeLessThanOrEqual(30);
    for (let cseq = joined.cseq + 1; cseq <= 31; cseq++) back.client.send(room, cseq, bytesOf(`${cseq}`));
    await done(b, room, ofA.me, 31);
    const seen = messagesIn(b, room).map(Number);
    expect(seen).toEqual(Array.from({ length: 31 }, (_, i) => i + 1));
  });

  it('[P8] an ERROR with retry = false uses its cseq up, also across a reconnect', async () => {
    const room = newRoom(type);
    const { a, b, ofA, resumeOfA } = await pair(room);
    a.send(room, 1, bytesOf('one'));
    a.set(room, 2, { ['k'.repeat(129)]: bytesOf('v') });
    a.send(room, 3, bytesOf('three'));
    expect(await a.next('error')).toMatchObject({ code: 'too-large', retry: false, room, cseq: 2 });
    await done(b, room, ofA.me, 3);
    a.set(room, 4, { ['k'.repeat(129)]: bytesOf('v') });
    expect(await a.next('error')).toMatchObject({ code: 'too-large', cseq: 4 });
    a.cut();
    const back = await clients.guest(cluster().nodeUrl(2), { resume: resumeOfA });
    const joined = await back.client.join(room);
    expect(joined.cseq).toBe(4);
    back.client.send(room, 5, bytesOf('five'));
    await done(b, room, ofA.me, 5);
  });
});

describe('payloads and keys', () => {
  it('[section 1] payloads pass as they are, whatever is in them', async () => {
    const room = newRoom();
    const { a, b, ofA } = await pair(room);
    const payloads = [new Uint8Array(0), Uint8Array.of(0xc1, 0xff, 0), new Uint8Array(65_000).fill(7)];
    for (const [i, payload] of payloads.entries()) {
      a.send(room, i + 1, payload);
      const { event } = await done(b, room, ofA.me, i + 1);
      expect(event.kind === 'message' && Buffer.compare(event.payload, payload)).toBe(0);
    }
  });

  it('[section 4] a change applies first set, then del', async () => {
    const room = newRoom();
    const { a, ofA } = await pair(room);
    a.set(room, 1, { both: bytesOf('v'), kept: new Uint8Array(0), ключ: bytesOf('й') }, ['both', 'never there']);
    await done(a, room, ofA.me, 1);
    expect((await a.join(room)).state).toEqual(
      new Map([
        ['kept', Buffer.alloc(0)],
        ['ключ', Buffer.from('й')],
      ]),
    );
  });

  it('[P6] a room keeps its state while its last member is away', async () => {
    const room = newRoom();
    const { client, welcome } = await clients.guest(cluster().nodeUrl(0));
    const { me } = await client.join(room);
    client.set(room, 1, { k: bytesOf('v') });
    await done(client, room, me, 1);
    client.cut();
    await client.closed;
    const back = await clients.guest(cluster().nodeUrl(1), { resume: welcome.resume });
    expect(await back.client.join(room)).toMatchObject({ me, cseq: 1, state: new Map([['k', Buffer.from('v')]]) });
  });
});
