import { expect, test } from 'vitest';
import { ENTITIES } from '../../../bench/rooms/tick-job.ts';
import type { Client } from '../../../bench/swarm/client.ts';
import { ColyseusClient } from '../../../bench/swarm/colyseus-client.ts';
import { seatPath } from '../../../bench/swarm/colyseus-seats.ts';
import { ColyseusTickClient } from '../../../bench/swarm/colyseus-tick-client.ts';
import { Histogram } from '../../../bench/swarm/histogram.ts';
import { LATENCY_EVERY, Meter } from '../../../bench/swarm/meter.ts';
import { writeStamp } from '../../../bench/swarm/payload.ts';
import { SocketIoClient } from '../../../bench/swarm/socket-io-client.ts';
import { newTallyMemory, Tally } from '../../../bench/swarm/tally.ts';
import { textNumber, textSender, textSentUs, writeTextStamp } from '../../../bench/swarm/text-stamp.ts';

const PLACE = { client: 7, room: 3, payloadBytes: 40, roomType: 'bench', traffic: 'messages' } as const;

function setUp(make: (meter: Meter) => Client) {
  const memory = Buffer.alloc(64 * 1024);
  const tally = new Tally(newTallyMemory());
  const latencies = new Histogram();
  const meter = new Meter(tally, latencies, memory);
  meter.windowToUs = 1e9;
  const client = make(meter);
  const said: string[] = [];
  client.attach?.((frame) => said.push(Buffer.from(frame).toString('hex')));
  return {
    client,
    meter,
    tally,
    latencies,
    said,
    hear(body: Uint8Array | string) {
      const length = typeof body === 'string' ? memory.write(body, 100, 'latin1') : Buffer.from(body).copy(memory, 100);
      client.message(memory, 100, 100 + length);
    },
  };
}

const socketIo = () => setUp((meter) => new SocketIoClient(PLACE, meter));
const colyseus = () => setUp((meter) => new ColyseusClient('/p/r?sessionId=s', PLACE, meter));
const ticking = () => setUp((meter) => new ColyseusTickClient('/p/r?sessionId=s', meter));

/** An event of Socket.IO as a server sends it; µs, sender and number in hexadecimal. */
const event = (sent: string, sender: string, number: string) =>
  `42["m","${sent.padStart(8, '0')}${sender.padStart(8, '0')}${number.padStart(8, '0')}${'0'.repeat(16)}"]`;

function bytesMessage(sentUs: number, sender: number, number: number): Uint8Array {
  const bytes = new Uint8Array(43);
  bytes.set([17, 0xa1, 0x6d]);
  writeStamp(new DataView(bytes.buffer), 3, sentUs, sender, number);
  return bytes;
}

/** A patch of @colyseus/schema 5: the root's stamp, then `entities` structures with three numbers each. */
function patch(stamp: number, entities = ENTITIES): Uint8Array {
  const word = Buffer.alloc(4);
  word.writeUInt32LE(stamp);
  const bytes = [15, 0x80, ...word];
  for (let i = 0; i < entities; i++) bytes.push(0xff, 2 + i, 0x80, 1, 0, 0x81, 2, 0, 0x82, 3, 0);
  return Uint8Array.from(bytes);
}

test('a text stamp comes back as it was written', () => {
  const bytes = new Uint8Array(30);
  writeTextStamp(bytes, 2, 0xfedcba98, 0x12ab, 9);
  expect(Buffer.from(bytes.subarray(2, 26)).toString()).toBe('fedcba98000012ab00000009');
  expect([textSentUs(bytes, 2), textSender(bytes, 2), textNumber(bytes, 2)]).toEqual([0xfedcba98, 0x12ab, 9]);
});

test('Socket.IO: connects when the server has opened, answers pings', () => {
  const { client, said, hear } = socketIo();
  expect(client.path).toBe('/socket.io/?EIO=4&transport=websocket&room=bench:3');
  hear('0{"sid":"x","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":65536}');
  hear('2');
  // Text frames, masked with the key 0: "40", "3".
  expect(said).toEqual(['8182000000003430', '81810000000033']);
  expect(client.joined).toBe(false);
  hear('40{"sid":"y"}');
  expect(client.joined).toBe(true);
});

test('Socket.IO: a message is an event with the stamp in its string', () => {
  const frame = Buffer.from(socketIo().client.nextFrame(0x1234));
  expect(frame.subarray(0, 6).toString('hex')).toBe('81b200000000');
  expect(frame.subarray(6).toString()).toBe(event('1234', '7', '1'));
});

test('Socket.IO: counts every delivery, checks the order of its own, takes latency from some', () => {
  const { meter, tally, latencies, hear } = socketIo();
  meter.nowUs = 1500;
  for (let i = 1; i <= LATENCY_EVERY; i++) hear(event('3e8', '8', i.toString(16)));
  hear(event('3e8', '7', '1'));
  hear(event('3e8', '7', '2'));
  expect(meter.events).toBe(LATENCY_EVERY + 2);
  expect(tally.get('disordered')).toBe(0);
  hear(event('3e8', '7', '4'));
  expect(tally.get('disordered')).toBe(1);
  expect(latencies.pairs()[0]?.[0]).toBeGreaterThanOrEqual(500);
});

test.each(['41', '44{"message":"no"}', '43[]', '1', '42["m","short"]'])('Socket.IO: %j is a fault', (packet) => {
  expect(() => socketIo().hear(packet)).toThrow();
});

test('Colyseus: the path of a seat', () => {
  expect(seatPath({ processId: 'p', roomId: 'r', sessionId: 's' })).toBe('/p/r?sessionId=s');
});

test('Colyseus: answers JOIN_ROOM, and has joined by that', () => {
  const { client, said, hear } = colyseus();
  hear(Uint8Array.of(10, 1, 0x74, 4, ...Buffer.from('none'), 0));
  expect(said).toEqual(['8281000000000a']);
  expect(client.joined).toBe(true);
});

test('Colyseus: a message is bytes of the type m', () => {
  const frame = colyseus().client.nextFrame(0x01020304);
  expect(Buffer.from(frame.subarray(0, 21)).toString('hex')).toBe('82ab0000000011a16d010203040000000700000001');
  expect(frame.length).toBe(6 + 3 + 40);
});

test('Colyseus: counts every delivery, checks the order of its own', () => {
  const { meter, tally, latencies, hear } = colyseus();
  meter.nowUs = 1500;
  for (let i = 1; i <= LATENCY_EVERY; i++) hear(bytesMessage(1000, 8, i));
  hear(bytesMessage(1000, 7, 1));
  hear(bytesMessage(1000, 7, 3));
  expect(meter.events).toBe(LATENCY_EVERY + 2);
  expect(tally.get('disordered')).toBe(1);
  expect(latencies.total).toBe(2);
});

test.each([[Uint8Array.of(11, 5)], [Uint8Array.of(17, 0xa1, 0x6d, 1)]])('Colyseus: %j is a fault', (bytes) => {
  expect(() => colyseus().hear(bytes)).toThrow();
});

test('Colyseus, tick: the whole state is no event, each patch is one', () => {
  const { client, meter, tally, latencies, hear } = ticking();
  hear(Uint8Array.of(10, 0, 0, 0));
  hear(Uint8Array.of(14, 0x80, 0, 0, 0, 0));
  expect([client.joined, meter.events]).toEqual([true, 0]);
  meter.zeroHrUs = 2 ** 33 + 5000;
  meter.nowUs = 2000;
  for (let i = 0; i < LATENCY_EVERY; i++) hear(patch(5000 + 100 * i));
  expect([meter.events, tally.get('disordered')]).toEqual([LATENCY_EVERY, 0]);
  expect(latencies.pairs()).toEqual([[1311, 1]]);
  hear(patch(5000));
  expect(tally.get('disordered')).toBe(1);
});

test('Colyseus, tick: a patch without all numbers of all entities is a fault', () => {
  expect(() => ticking().hear(patch(1, ENTITIES - 1))).toThrow('19 entities');
  expect(() => ticking().hear(patch(1).subarray(0, -3))).toThrow();
  expect(() => ticking().hear(patch(1).subarray(1))).toThrow();
  expect(() => ticking().hear(Uint8Array.of(15, 0x81, 0, 0, 0, 0))).toThrow('begins with 0x81');
});
