import { expect, test } from 'vitest';
import type { Client, ClientPlace } from '../../../bench/swarm/client.ts';
import { readFrames } from '../../../bench/swarm/frame-reader.ts';
import { bodyStart } from '../../../bench/swarm/frame-writer.ts';
import { Histogram } from '../../../bench/swarm/histogram.ts';
import { LATENCY_EVERY, Meter } from '../../../bench/swarm/meter.ts';
import { writeStamp } from '../../../bench/swarm/payload.ts';
import { RawClient } from '../../../bench/swarm/raw-client.ts';
import { RoomcastClient } from '../../../bench/swarm/roomcast-client.ts';
import { newTallyMemory, Tally } from '../../../bench/swarm/tally.ts';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import {
  EVENTS_HEADER_MAX,
  encodeError,
  encodeJoined,
  encodePosition,
  encodeStr,
  writeEventsHeader,
  writeMessage,
  writeStatus,
} from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';

const PLACE: ClientPlace = { client: 7, room: 3, payloadBytes: 40, roomType: 'bench', traffic: 'messages' };
const ROOM = 'bench:3';
const EPOCH = 1_763_673_600_123;
const ME = 5;

function setUp(make: (meter: Meter) => Client) {
  const memory = Buffer.alloc(64 * 1024);
  const tally = new Tally(newTallyMemory());
  const latencies = new Histogram();
  const meter = new Meter(tally, latencies, memory);
  meter.windowToUs = 1e9;
  const client = make(meter);
  return {
    client,
    meter,
    tally,
    latencies,
    hear(body: Uint8Array) {
      memory.set(body, 100);
      client.message(memory, 100, 100 + body.length);
    },
  };
}

const joinedRoomcast = () => {
  const world = setUp((meter) => new RoomcastClient(PLACE, meter));
  world.hear(encodeJoined(1, ROOM, EPOCH, 10, ME, 0, Uint8Array.of(0x90), Uint8Array.of(0x80)));
  return world;
};

function payload(sentUs: number, sender: number, number: number): Uint8Array {
  const bytes = new Uint8Array(40);
  writeStamp(new DataView(bytes.buffer), 0, sentUs, sender, number);
  return bytes;
}

function frameOf(epoch: number, first: number, count: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(EVENTS_HEADER_MAX + body.length);
  bytes.set(body, EVENTS_HEADER_MAX);
  return bytes.subarray(writeEventsHeader(bytes, EVENTS_HEADER_MAX, encodeStr(ROOM), epoch, first, count));
}

/** `cseqs`: one message of `member` each. */
function events(first: number, member: number, cseqs: readonly number[], epoch = EPOCH): Uint8Array {
  const w = new Writer();
  const body = new Writer();
  body.bin(payload(1000, 7, 1));
  const value = body.take();
  for (const cseq of cseqs) writeMessage(w, member, cseq, value, 0, value.length);
  return frameOf(epoch, first, cseqs.length, w.take());
}

function bodyOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(bodyStart((frame[1] ?? 0) & 0x7f));
}

test('what a Roomcast client says is what a node reads', () => {
  const { client } = setUp((meter) => new RoomcastClient(PLACE, meter));
  const read = new ClientFrame();
  const [hello, join] = client.opening();
  readClientFrame(hello as Uint8Array, read);
  expect(read).toMatchObject({ op: CLIENT_OP.hello, version: 1, token: null, resume: null });
  readClientFrame(join as Uint8Array, read);
  expect(read).toMatchObject({ op: CLIENT_OP.join, hasSince: false, metaStart: -1 });
  expect(read.room(join as Uint8Array)).toBe(ROOM);
  for (const cseq of [1, 2, 3]) {
    const body = bodyOf(client.nextFrame(777));
    readClientFrame(body, read);
    expect(read).toMatchObject({ op: CLIENT_OP.send, cseq });
    expect(read.room(body)).toBe(ROOM);
    expect(body.subarray(read.bodyStart + 2, read.bodyEnd)).toEqual(payload(777, 7, cseq));
  }
});

test.each([40, 120, 300])('a payload of %i bytes is sent whole by both clients', (payloadBytes) => {
  const place = { ...PLACE, payloadBytes };
  const roomcast = setUp((meter) => new RoomcastClient(place, meter)).client;
  const body = bodyOf(roomcast.nextFrame(1));
  const read = new ClientFrame();
  readClientFrame(body, read);
  expect(read.bodyEnd - read.bodyStart).toBe(payloadBytes + (payloadBytes < 256 ? 2 : 3));
  const raw = setUp((meter) => new RawClient(place, meter)).client;
  expect(raw.nextFrame(1).length).toBe(bodyStart(payloadBytes) + payloadBytes);
});

test('a frame that is still being written is not overwritten', () => {
  for (const make of [RawClient, RoomcastClient]) {
    const { client } = setUp((meter) => new make(PLACE, meter));
    const first = client.nextFrame(1);
    const copy = first.slice();
    client.keepFrame();
    expect(client.nextFrame(2)).not.toEqual(copy);
    expect(first).toEqual(copy);
  }
});

test('[P12] events without a hole count as delivered, of whatever kind they are', () => {
  const { hear, meter, tally, client } = joinedRoomcast();
  expect(client.joined).toBe(true);
  hear(events(11, 6, [1, 2, 3]));
  const w = new Writer();
  writeStatus(w, 6, 0);
  hear(frameOf(EPOCH, 14, 1, w.take()));
  hear(events(15, ME, [1, 2]));
  expect(meter.events).toBe(5);
  expect([tally.get('lost'), tally.get('doubled'), tally.get('disordered')]).toEqual([0, 0, 0]);
});

test('[P13] a hole counts as lost, whether events or POSITION show it', () => {
  const { hear, tally } = joinedRoomcast();
  hear(events(13, 6, [1]));
  expect(tally.get('lost')).toBe(2);
  hear(encodePosition(ROOM, EPOCH, 13));
  expect(tally.get('lost')).toBe(2);
  hear(encodePosition(ROOM, EPOCH, 17));
  expect(tally.get('lost')).toBe(6);
  hear(events(18, 6, [2]));
  expect(tally.get('lost')).toBe(6);
});

test('[P12] what comes again counts as doubled, an unannounced epoch as disordered', () => {
  const { hear, tally } = joinedRoomcast();
  hear(events(11, 6, [1, 2]));
  hear(events(12, 6, [2, 3]));
  expect(tally.get('doubled')).toBe(1);
  hear(events(14, 6, [4], EPOCH + 1));
  expect(tally.get('disordered')).toBe(1);
  expect(tally.get('lost')).toBe(0);
});

test('[P15] an own command that comes back out of turn is disordered', () => {
  const { hear, tally } = joinedRoomcast();
  hear(events(11, ME, [1, 3, 4]));
  expect(tally.get('disordered')).toBe(1);
});

test('an ERROR is counted and told', () => {
  const { hear, tally } = joinedRoomcast();
  expect(() => hear(encodeError('rate-limited', null, { room: ROOM, cseq: 3 }))).toThrow('rate-limited');
  expect(tally.get('refused')).toBe(1);
});

test('one event in so many has its latency taken, if it was scheduled inside the window', () => {
  const { hear, meter, latencies } = joinedRoomcast();
  meter.nowUs = 1500;
  hear(events(11, 6, new Array(10 * LATENCY_EVERY).fill(1)));
  expect(latencies.total).toBe(10);
  expect(latencies.percentile(50)).toBeGreaterThanOrEqual(500);
  expect(latencies.percentile(50)).toBeLessThan(510);
  meter.windowFromUs = 1001;
  hear(events(11 + 10 * LATENCY_EVERY, 6, new Array(10 * LATENCY_EVERY).fill(1)));
  expect(latencies.total).toBe(10);
});

test('a raw client counts what it hears and misses its own messages', () => {
  const { hear, meter, tally, latencies } = setUp((meter) => new RawClient(PLACE, meter));
  for (let number = 1; number <= 2 * LATENCY_EVERY; number++) hear(payload(10, 7, number));
  expect(latencies.total).toBe(2);
  hear(payload(10, 8, 99));
  expect(meter.events).toBe(2 * LATENCY_EVERY + 1);
  expect(tally.get('disordered')).toBe(0);
  hear(payload(10, 7, 2 * LATENCY_EVERY + 2));
  expect(tally.get('disordered')).toBe(1);
});

test('frames in a chunk reach the client at their positions', () => {
  const { client, meter } = setUp((meter) => new RawClient(PLACE, meter));
  const one = Buffer.concat([Buffer.from([0x82, 40]), payload(10, 7, 1)]);
  const sink = {
    message: (bytes: Uint8Array, start: number, end: number) => client.message(bytes, start, end),
    ping() {},
    closed() {},
  };
  readFrames(Buffer.concat([one, one]), 0, 84, sink);
  expect(meter.events).toBe(2);
});
