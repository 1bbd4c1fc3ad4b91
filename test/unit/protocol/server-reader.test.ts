import { encode } from '@msgpack/msgpack';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES, type ErrorCode } from '../../../src/protocol/codes.ts';
import { FrameFault } from '../../../src/protocol/frame-fault.ts';
import { DEFAULT_LIMITS } from '../../../src/protocol/limits.ts';
import { encodeError } from '../../../src/protocol/server-frame.ts';
import { readEvents, readServerFrame } from '../../../src/protocol/server-reader.ts';
import { EPOCH, goldenBytes } from '../../support/golden-frames.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const v = new Map([['k', utf8('v')]]);
const me = { member: 1, user: 'guest:s1a2b3c4', status: 1, meta: null };
const ann = { member: 2, user: 'ann', status: 0, meta: utf8('hi') };
const at = { room: 'demo:1', epoch: EPOCH };

describe('frames of a node', () => {
  test.each([
    ['WELCOME', { op: 'welcome', sid: 's1a2b3c4d5', resume: 'r1', node: 'n1', limits: DEFAULT_LIMITS }],
    ['JOINED, a snapshot (P6)', { op: 'joined', req: 1, ...at, seq: 7, me: 1, cseq: 0, roster: [me, ann], state: v }],
    ['JOINED, events follow (P7)', { op: 'joined', req: 2, ...at, seq: 7, me: 1, cseq: 0, roster: null, state: null }],
    ['LEFT', { op: 'left', req: 3, room: 'demo:1' }],
    [
      'EVENTS: a message and a state change',
      {
        op: 'events',
        ...at,
        first: 8,
        events: [
          { kind: 'message', member: 1, cseq: 1, payload: utf8('x') },
          { kind: 'state', member: 2, cseq: 5, set: v, del: ['old'] },
        ],
      },
    ],
    [
      'EVENTS: joined',
      {
        op: 'events',
        ...at,
        first: 10,
        events: [
          { kind: 'joined', member: 3, user: 'guest:s9z8y7x6', meta: null },
          { kind: 'joined', member: 4, user: 'bob', meta: utf8('hi') },
        ],
      },
    ],
    [
      'EVENTS: left',
      {
        op: 'events',
        ...at,
        first: 12,
        events: [
          { kind: 'left', member: 3, reason: 0 },
          { kind: 'left', member: 4, reason: 1 },
          { kind: 'left', member: 2, reason: 2 },
        ],
      },
    ],
    [
      'EVENTS: away and back',
      {
        op: 'events',
        ...at,
        first: 15,
        events: [
          { kind: 'status', member: 1, status: 0 },
          { kind: 'status', member: 1, status: 1 },
        ],
      },
    ],
    [
      'SYNC',
      {
        op: 'sync',
        room: 'demo:1',
        epoch: EPOCH + 1,
        seq: 20,
        me: 1,
        cseq: 4,
        roster: [me],
        state: v,
        reason: 'owner',
      },
    ],
    ['PONG', { op: 'pong', t: 1000, now: EPOCH }],
    ['ACK', { op: 'ack', room: 'demo:1', cseq: 2 }],
    [
      'ERROR',
      { op: 'error', code: 'out-of-order', message: 'expected 2', retry: true, req: null, room: 'demo:1', cseq: 2 },
    ],
    ['GOAWAY', { op: 'goaway', reason: 'drain', afterMs: 2000 }],
    ['DIRECT', { op: 'direct', room: 'demo:1', member: 0, payload: utf8('x') }],
    ['CLOSED', { op: 'closed', room: 'demo:1', reason: 'over' }],
    ['POSITION', { op: 'position', ...at, seq: 9 }],
  ])('%s says what it was made from', (name, expected) => {
    expect(readServerFrame(goldenBytes(name))).toEqual(expected);
  });

  test.each(Object.keys(ERROR_CODES) as ErrorCode[])('ERROR %s carries the text and retry of the catalogue', (code) => {
    const { text, retry } = ERROR_CODES[code];
    const plain = { op: 'error', code, message: text, retry, req: null, room: null, cseq: null };
    expect(readServerFrame(encodeError(code, null))).toEqual(plain);
    const about = { req: 1, room: 'demo:1', cseq: 3, retry: !retry };
    expect(readServerFrame(encodeError(code, 'why', about))).toEqual({ ...plain, message: 'why', ...about });
  });

  test('a limit of a newer node is passed over, a missing one is a fault', () => {
    const welcome = (limits: object) => encode([1, 'sid', 'resume', 'node', limits]);
    expect(readServerFrame(welcome({ ...DEFAULT_LIMITS, newLimit: 7 }))).toMatchObject({ limits: DEFAULT_LIMITS });
    const { roomsMax: _, ...fewer } = DEFAULT_LIMITS;
    expect(() => readServerFrame(welcome(fewer))).toThrow('limits: roomsMax is missing');
  });

  test('keys that name parts of a prototype are keys like any other', () => {
    const state = Object.fromEntries([['constructor', utf8('v')]]);
    const frame = readServerFrame(encode([2, 1, 'demo:1', 1, 1, 1, 0, [], state]));
    expect(frame).toMatchObject({ state: new Map([['constructor', utf8('v')]]) });
  });

  test.each([
    [[13, 'demo:1'], 'opcode: 13 is unknown'],
    [[], 'frame: no opcode'],
    [[7, 'demo:1', 2, 3], 'ACK: 3 elements expected, 4 found'],
    [[4, 'demo:1', 1, 1, [[]]], 'event: no kind'],
    [[4, 'demo:1', 1, 1, [[5, 1]]], 'event kind: 5 is unknown'],
    [[4, 'demo:1', 1, 1, [[4, 1, 2]]], 'status: 2 is unknown'],
    [[4, 'demo:1', 1, 1, [[2, 1, 3]]], 'left reason: 3 is unknown'],
    [[4, 'demo:1', 1, 1, [[4, 1, 1, 1]]], 'status: 3 elements expected, 4 found'],
    [[5, 'demo:1', 1, 1, 1, 0, [], {}, 'else'], 'SYNC reason: neither owner nor reset'],
    [[5, 'demo:1', 1, 1, 1, 0, null, {}, 'owner'], 'roster: array expected, 0xc0 found'],
    [[2, 1, 'demo:1', 1, 1, 1, 0, [[1, 'u', 1]], {}], 'roster entry: 4 elements expected, 3 found'],
  ])('%j is a fault: %s', (value, message) => {
    expect(() => readServerFrame(encode(value))).toThrow(new FrameFault(message));
  });
});

test('readEvents takes an EVENTS frame and no other', () => {
  expect(readEvents(goldenBytes('EVENTS: left')).first).toBe(12);
  expect(() => readEvents(goldenBytes('ACK'))).toThrow(new FrameFault('EVENTS expected, ack found'));
});
