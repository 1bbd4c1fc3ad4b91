import { expect, test } from 'vitest';
import { SENT_AT } from '../../../bench/swarm/payload.ts';
import { SlowClient } from '../../../bench/swarm/slow-client.ts';
import { ClientFrame, readClientFrame } from '../../../src/protocol/client-frame.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { CLIENT_OP } from '../../../src/protocol/op.ts';
import {
  EVENTS_HEADER_MAX,
  encodeError,
  encodeJoined,
  encodePosition,
  encodeStr,
  encodeWelcome,
  encodeWelcomeTail,
  writeEventsHeader,
  writeMessage,
} from '../../../src/protocol/server-frame.ts';
import { Writer } from '../../../src/protocol/writer.ts';

const ROOM = 'bench:0';
const EPOCH = 1_763_673_600_123;
const EMPTY = { roster: Uint8Array.of(0x90), state: Uint8Array.of(0x80) };
/** When it reads on, in ms and in µs of the payloads. */
const READ_AT = { ms: 5_000, us: 700_000 };

function joinedClient(seq = 10) {
  const said: string[] = [];
  const client = new SlowClient(ROOM, (body) => said.push(describeFrame(body)));
  client.opened();
  client.message(encodeWelcome('s', 'resume me', encodeWelcomeTail('n', DEFAULT_LIMITS)), 0);
  client.message(snapshot(1, seq), 0);
  said.length = 0;
  return { client, said };
}

function describeFrame(body: Uint8Array): string {
  const frame = new ClientFrame();
  readClientFrame(body, frame);
  if (frame.op === CLIENT_OP.hello) return `hello ${frame.resume}`;
  if (frame.op === CLIENT_OP.set) return `set ${frame.cseq}`;
  return `join ${frame.hasSince ? frame.sinceSeq : 'anew'}`;
}

const snapshot = (req: number, seq: number): Uint8Array =>
  encodeJoined(req, ROOM, EPOCH, seq, 3, 0, EMPTY.roster, EMPTY.state);
const caughtUp = (req: number, seq: number): Uint8Array => encodeJoined(req, ROOM, EPOCH, seq, 3, 0, null, null);

function events(first: number, sentUs: number): Uint8Array {
  const bytes = new Uint8Array(20);
  new DataView(bytes.buffer).setUint32(SENT_AT, sentUs);
  const payload = new Writer();
  payload.bin(bytes);
  const event = new Writer();
  writeMessage(event, 2, first, payload.view(), 0, payload.pos);
  const frame = new Uint8Array(EVENTS_HEADER_MAX + event.pos);
  frame.set(event.view(), EVENTS_HEADER_MAX);
  return frame.subarray(writeEventsHeader(frame, EVENTS_HEADER_MAX, encodeStr(ROOM), EPOCH, first, 1));
}

test('says HELLO and JOIN, and both with what it has after a reconnect', () => {
  const { client, said } = joinedClient();
  client.closed(null);
  expect(client.joined).toBe(false);
  client.opened();
  expect(said).toEqual(['hello resume me', 'join 10']);
});

test('a snapshot after POSITION is what it got', () => {
  const { client, said } = joinedClient();
  client.readsOn(READ_AT.ms, READ_AT.us);
  client.message(encodePosition(ROOM, EPOCH, 10), 5_001);
  expect(said).toEqual([]);
  client.message(encodePosition(ROOM, EPOCH, 99), 5_001);
  client.message(encodePosition(ROOM, EPOCH, 99), 5_001);
  // Behind the position events come again, before the answer: not what it waits for.
  client.message(events(100, READ_AT.us + 1), 5_002);
  expect([said, client.outcome]).toEqual([['join 10'], null]);
  client.message(snapshot(2, 100), 5_010);
  expect(client.outcome).toEqual({ got: 'snapshot', afterMs: 10 });
});

test('so is the catch-up from the history', () => {
  const { client } = joinedClient();
  client.readsOn(READ_AT.ms, READ_AT.us);
  client.message(encodePosition(ROOM, EPOCH, 11), 5_001);
  client.message(caughtUp(2, 10), 5_004);
  client.message(events(11, 1), 5_004);
  expect(client.outcome).toEqual({ got: 'catch-up', afterMs: 4 });
});

test('a hole in the events is asked for once', () => {
  const { client, said } = joinedClient();
  client.message(events(15, 1), 0);
  client.message(events(16, 1), 0);
  expect(said).toEqual(['join 10']);
});

test('everything, when what was sent after it read on follows without a hole', () => {
  const { client } = joinedClient();
  client.readsOn(READ_AT.ms, READ_AT.us);
  client.message(events(11, READ_AT.us - 1), 5_001);
  expect(client.outcome).toBeNull();
  client.message(events(12, READ_AT.us), 5_003);
  expect(client.outcome).toEqual({ got: 'everything', afterMs: 3 });
});

test.each([
  [4001, 'closed 4001'],
  [null, 'cut'],
  [1011, 'cut'],
])('close %s and the way back', (code, got) => {
  const { client } = joinedClient();
  client.readsOn(READ_AT.ms, READ_AT.us);
  client.message(events(11, 1), 5_001);
  client.closed(code);
  client.opened();
  client.message(snapshot(2, 200), 5_050);
  expect(client.outcome).toEqual({ got, afterMs: 50 });
});

test('fills the state in pieces that fit into a frame', () => {
  const { client, said } = joinedClient();
  client.fill(40 * 1024);
  expect(said).toEqual(['set 1', 'set 2', 'set 3']);
});

test('an ERROR ends the run', () => {
  const { client } = joinedClient();
  expect(() => client.message(encodeError('internal', 'oops'), 0)).toThrow('internal oops');
});
