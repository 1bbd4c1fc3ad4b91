/** P3: each kind of frame that is none closes its own socket with 4500 and a reason, and nobody else notices. */
import { encode } from '@msgpack/msgpack';
import { describe, expect, it } from 'vitest';
import { joinFrame, sendFrame } from '../support/independent/client-frames.ts';
import { newRoom, useClients, useCluster } from './fixture.ts';

const cluster = useCluster({}, 1);
const clients = useClients();
const room = newRoom();

const raw = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const bytes = Uint8Array.of(1);
const after = (value: unknown, ...more: number[]): Uint8Array => raw(...encode(value), ...more);
/** `[op, ...]` whose last field is written by hand. */
const withLast = (fields: readonly unknown[], ...last: number[]): Uint8Array => {
  const head = encode([...fields, null]);
  return raw(...head.subarray(0, -1), ...last);
};
const float = [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0];
const float32 = [0xca, 0x3f, 0x80, 0, 0];
const over53 = [0xcf, 0x00, 0x20, 0, 0, 0, 0, 0, 0];
const extension = [0xd4, 0x01, 0x00];

/** A SEND of exactly this many bytes. */
function sendOf(total: number): Uint8Array {
  const length = total - (encode(sendFrame(room, 1, new Uint8Array(70_000))).length - 70_000);
  const bin16 = length < 65_536 ? 2 : 0;
  const frame = encode(sendFrame(room, 1, new Uint8Array(length + bin16)));
  if (frame.length !== total) throw new Error(`meant ${total} bytes, made ${frame.length}`);
  return frame;
}

const badFrames: readonly (readonly [string, Uint8Array])[] = [
  ['an empty message', raw()],
  ['nil', encode(null)],
  ['a number', encode(4)],
  ['a map', encode({ 0: 6, 1: 1 })],
  ['an empty array', encode([])],
  ['the unused byte c1', raw(0xc1)],
  ['opcode 0', encode([0, 1])],
  ['opcode 7', encode([7, room, 1])],
  ['opcode 99', encode([99])],
  ['an opcode over 32 bits', encode([2 ** 40, 1])],
  ['a str as opcode', encode(['6', 1])],
  ['a negative opcode', encode([-6, 1])],
  ['a float as opcode', raw(0x92, ...float32, 0x01)],
  ['JOIN with a str as req', encode([2, '1', room, null, null])],
  ['JOIN with a negative req', encode([2, -1, room, null, null])],
  ['JOIN with nil as req', encode([2, null, room, null, null])],
  ['JOIN with bin as room', encode([2, 1, bytes, null, null])],
  ['JOIN with a since of one', encode([2, 1, room, [1], null])],
  ['JOIN with a since of three', encode([2, 1, room, [1, 2, 3], null])],
  ['JOIN with a since of str', encode([2, 1, room, ['1', '2'], null])],
  ['JOIN with a number as since', encode([2, 1, room, 5, null])],
  ['JOIN with a str as meta', encode([2, 1, room, null, 'meta'])],
  ['JOIN without meta', encode([2, 1, room, null])],
  ['JOIN with a field too many', encode([2, 1, room, null, null, null])],
  ['LEAVE without a room', encode([3, 1])],
  ['LEAVE with a number as room', encode([3, 1, 1])],
  ['SEND with cseq 0', encode([4, room, 0, bytes])],
  ['SEND with a negative cseq', encode([4, room, -1, bytes])],
  ['SEND with nil as cseq', encode([4, room, null, bytes])],
  ['SEND with a str as payload', encode([4, room, 1, 'payload'])],
  ['SEND with nil as payload', encode([4, room, 1, null])],
  ['SEND with an array as payload', encode([4, room, 1, [1]])],
  ['SEND with an extension as payload', withLast([4, room, 1], ...extension)],
  ['SEND without payload', encode([4, room, 1])],
  ['SEND with a field too many', encode([4, room, 1, bytes, 1])],
  ['SEND with nil as room', encode([4, null, 1, bytes])],
  ['SET with cseq 0', encode([5, room, 0, {}, []])],
  ['SET with an array as set', encode([5, room, 1, [], []])],
  ['SET with a str as value', encode([5, room, 1, { k: 'v' }, []])],
  ['SET with a number as key', raw(...encode([5, room, 1]).fill(0x95, 0, 1), 0x81, 0x01, 0xc4, 0x00, 0x90)],
  ['SET with a map as del', encode([5, room, 1, {}, {}])],
  ['SET with a number in del', encode([5, room, 1, {}, [1]])],
  ['SET without del', encode([5, room, 1, {}])],
  ['PING with a str', encode([6, '1'])],
  ['PING with a float', withLast([6], ...float)],
  ['PING with a number over 2^53-1', withLast([6], ...over53)],
  ['PING with a negative number', encode([6, -1])],
  ['PING with nothing', encode([6])],
  ['a byte after the frame', after([6, 1], 0xc0)],
  ['two frames in one message', after([6, 1], ...encode([6, 2]))],
  ['half a frame', encode(joinFrame(1, room)).subarray(0, 6)],
  ['an array that claims 2^32-1 fields', raw(0xdd, 0xff, 0xff, 0xff, 0xff, 0x06)],
  ['a payload that claims 2^32-1 bytes', withLast([4, room, 1], 0xc6, 0xff, 0xff, 0xff, 0xff)],
  ['a set that claims 2^32-1 keys', raw(...encode([5, room, 1]).fill(0x95, 0, 1), 0xdf, 0xff, 0xff, 0xff, 0xff)],
  ['arrays nested 60,000 deep', new Uint8Array(60_000).fill(0x91)],
  ['a frame of 65,537 bytes', sendOf(65_537)],
  ['a frame of 10 MB', sendOf(10_000_000)],
];

const badHellos: readonly (readonly [string, Uint8Array])[] = [
  ['with a str as version', encode([1, '1', null, null])],
  ['with nil as version', encode([1, null, null, null])],
  ['with a number as token', encode([1, 1, 7, null])],
  ['with bin as resume', encode([1, 1, null, bytes])],
  ['without resume', encode([1, 1, null])],
  ['with a field too many', encode([1, 1, null, null, null])],
  ['and a byte after it', after([1, 1, null, null], 0x00)],
];

describe('bad frames', () => {
  it('[P3] close with 4500 and a reason, and a member of the same room notices only the absence', async () => {
    const { client: witness } = await clients.guest(cluster().url);
    const { me } = await witness.join(room);
    const found: string[] = [];
    let cseq = 0;
    for (const [what, frame] of badFrames) {
      const { client } = await clients.guest(cluster().url);
      const joined = await client.join(room);
      client.writeBytes(frame);
      const { code, reason } = await client.closed;
      if (code !== 4500 || !/\w/.test(reason)) found.push(`${what}: closed with ${code} "${reason}"`);

      witness.send(room, ++cseq, bytes);
      await witness.event(room, { kind: 'message', member: me, cseq });
      const seen = witness.eventsOf(room).map(({ event }) => event);
      const fromBad = seen.filter(({ kind, member }) => member === joined.me && kind !== 'joined' && kind !== 'status');
      if (fromBad.length > 0) found.push(`${what}: made ${JSON.stringify(fromBad)}`);
    }
    expect(found).toEqual([]);
    const others = witness.frames.filter(({ op }) => op !== 'welcome' && op !== 'joined' && op !== 'events');
    expect(others).toEqual([]);
    expect((await witness.join(room)).me).toBe(me);
  });

  it('[P3] a text message closes with 4500, also where its text would be a frame', async () => {
    for (const text of ['hello', '', '[6,1]', '{"op":"ping"}', '\u0092\u0006\u0001']) {
      const { client } = await clients.guest(cluster().url);
      client.writeText(text);
      expect(await client.closed, text).toMatchObject({ code: 4500, reason: expect.stringMatching(/\w/) });
    }
  });

  it.each(badHellos)('[P3] HELLO %s closes with 4500', async (_what, frame) => {
    const client = await clients.open(cluster().url);
    client.writeBytes(frame);
    expect(await client.closed).toMatchObject({ code: 4500, reason: expect.stringMatching(/\w/) });
  });

  it('[P3] a frame of exactly frameBytesMax is no bad frame', async () => {
    const { client } = await clients.guest(cluster().url);
    const { me } = await client.join(room);
    client.writeBytes(sendOf(65_536));
    await client.event(room, { kind: 'message', member: me });
  });

  it('[section 9] any width of a value is accepted', async () => {
    const client = await clients.open(cluster().url);
    client.writeBytes(raw(0xdc, 0, 4, 0xcd, 0, 1, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1, 0xc0, 0xc0));
    await client.next('welcome');
    client.writeBytes(raw(0xdd, 0, 0, 0, 2, 0xcc, 6, 0xce, 0, 0, 0x03, 0xe8));
    expect((await client.next('pong')).t).toBe(1000);
    const name = newRoom();
    const text = [...new TextEncoder().encode(name)];
    client.writeBytes(raw(0x95, 2, 0xcd, 0, 9, 0xdb, 0, 0, 0, text.length, ...text, 0xc0, 0xc6, 0, 0, 0, 1, 0x07));
    expect(await client.next('joined')).toMatchObject({ req: 9, room: name, roster: [{ meta: Buffer.of(7) }] });
  });

  it('[section 9] the golden frames of a client are served', async () => {
    const client = await clients.open(cluster().url);
    const golden = (hex: string) => client.writeBytes(Buffer.from(hex, 'hex'));
    golden('940101c0c0');
    await client.next('welcome');
    golden('950201a664656d6f3a31c0c0');
    const { me } = await client.next('joined', ({ req }) => req === 1);
    golden('9404a664656d6f3a3101c40492a16d01');
    golden('9505a664656d6f3a310281a16bc4017691a36f6c64');
    await client.event('demo:1', { member: me, cseq: 2 });
    golden('950202a664656d6f3a3192cf0000019aa323707b07c4026869');
    expect(await client.next('joined', ({ req }) => req === 2)).toMatchObject({
      room: 'demo:1',
      me,
      cseq: 2,
      state: new Map([['k', Buffer.from('v')]]),
    });
    golden('9206cd03e8');
    expect((await client.next('pong')).t).toBe(1000);
    golden('930303a664656d6f3a31');
    expect(await client.next('left')).toEqual({ op: 'left', req: 3, room: 'demo:1' });
  });
});
