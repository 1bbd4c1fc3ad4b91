import { expect, test } from 'vitest';
import { dueStamp, ENTITIES, moved, placed } from '../../../bench/rooms/tick-job.ts';
import type { ClientPlace } from '../../../bench/swarm/client.ts';
import { bodyStart } from '../../../bench/swarm/frame-writer.ts';
import { Histogram } from '../../../bench/swarm/histogram.ts';
import { LATENCY_EVERY, Meter } from '../../../bench/swarm/meter.ts';
import type { Traffic } from '../../../bench/swarm/plan.ts';
import { RoomcastClient } from '../../../bench/swarm/roomcast-client.ts';
import { newTallyMemory, Tally } from '../../../bench/swarm/tally.ts';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import { encodePayload } from '../../../src/protocol/payload.ts';
import {
  EVENTS_HEADER_MAX,
  encodeJoined,
  encodeStr,
  writeEventsHeader,
  writeMessage,
  writeState,
} from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';

const ME = 5;
const ROOM = 'tick60:3';

function joined(traffic: Traffic) {
  const memory = Buffer.alloc(64 * 1024);
  const tally = new Tally(newTallyMemory());
  const latencies = new Histogram();
  const meter = new Meter(tally, latencies, memory);
  meter.windowToUs = 1e9;
  const place: ClientPlace = { client: 7, room: 3, payloadBytes: 40, roomType: 'tick60', traffic };
  const client = new RoomcastClient(place, meter);
  const hear = (body: Uint8Array): void => {
    memory.set(body, 100);
    client.message(memory, 100, 100 + body.length);
  };
  hear(encodeJoined(1, ROOM, 1000, 10, ME, 0, Uint8Array.of(0x90), Uint8Array.of(0x80)));
  return { client, meter, tally, latencies, hear };
}

function frameOf(first: number, count: number, write: (w: Writer) => void): Uint8Array {
  const w = new Writer();
  write(w);
  const bytes = new Uint8Array(EVENTS_HEADER_MAX + w.pos);
  bytes.set(w.take(), EVENTS_HEADER_MAX);
  return bytes.subarray(writeEventsHeader(bytes, EVENTS_HEADER_MAX, encodeStr(ROOM), 1000, first, count));
}

/** The two values `set` and `del` of a tick. */
function patchOf(stamp: number, entities: number): Uint8Array {
  const w = new Writer();
  w.map(1 + entities);
  w.str('t');
  w.bin(encodePayload(stamp));
  for (let entity = 0; entity < entities; entity++) {
    w.str(`e:${entity}`);
    w.bin(encodePayload(placed(entity)));
  }
  w.array(0);
  return w.take();
}

test('a client of changes says SET, and its own change comes back as delivered', () => {
  const { client, hear, meter, tally, latencies } = joined('changes');
  const frame = client.nextFrame(777);
  const body = frame.subarray(bodyStart(frame.length - 6));
  const read = new ClientFrame();
  readClientFrame(body, read);
  expect(read).toMatchObject({ op: CLIENT_OP.set, cseq: 1 });
  expect(read.room(body)).toBe(ROOM);
  meter.nowUs = 1777;
  const event = (w: Writer) => writeState(w, ME, 1, body, read.bodyStart, read.bodyEnd);
  hear(frameOf(11, 1, event));
  expect(meter.events).toBe(1);
  for (let seq = 12; seq < 11 + LATENCY_EVERY; seq++) {
    hear(frameOf(seq, 1, (w) => writeState(w, 6, 1, body, read.bodyStart, read.bodyEnd)));
  }
  expect(meter.events).toBe(LATENCY_EVERY);
  expect(latencies.total).toBe(1);
  expect(latencies.percentile(50)).toBeGreaterThanOrEqual(1000);
  expect(tally.get('disordered')).toBe(0);
});

test('a tick is one update, late by the time since its stamp', () => {
  const { hear, meter, latencies } = joined('ticks');
  const zeroHrUs = 2 ** 32 * 5 - 1000;
  meter.zeroHrUs = zeroHrUs;
  meter.nowUs = 9000;
  const patch = patchOf((zeroHrUs + 2000) >>> 0, ENTITIES);
  for (let seq = 11; seq < 11 + LATENCY_EVERY; seq++) {
    hear(frameOf(seq, 1, (w) => writeState(w, 0, 0, patch, 0, patch.length)));
  }
  expect(meter.events).toBe(LATENCY_EVERY);
  expect(latencies.percentile(50)).toBeGreaterThanOrEqual(7000);
  expect(latencies.percentile(50)).toBeLessThan(7120);
});

test('a tick that changes too few entities is a fault', () => {
  const { hear } = joined('ticks');
  const patch = patchOf(1, ENTITIES - 1);
  expect(() => hear(frameOf(11, 1, (w) => writeState(w, 0, 0, patch, 0, patch.length)))).toThrow('changes 21 keys');
});

test('what is not the traffic of the load is passed over', () => {
  const { hear, meter } = joined('changes');
  const payload = new Writer();
  payload.bin(new Uint8Array(40));
  hear(frameOf(11, 1, (w) => writeMessage(w, 6, 1, payload.bytes, 0, payload.pos)));
  expect(meter.events).toBe(0);
});

test('every number of an entity changes at each tick', () => {
  let entity = placed(19);
  for (let tick = 0; tick < 1000; tick++) {
    const next = moved(entity);
    expect(next.x !== entity.x && next.y !== entity.y && next.heading !== entity.heading).toBe(true);
    entity = next;
  }
});

test('a tick is due a period after the one before, and now when it comes early', () => {
  expect(dueStamp(5_000_000, 50, 20)).toBe(5_000_000);
  expect(dueStamp(5_000_000, 48, 20)).toBe(5_000_000);
  expect(dueStamp(5_000_000, 60, 20)).toBe(4_990_000);
  expect(dueStamp(2 ** 32 + 7000, 51, 20)).toBe(6000);
});
