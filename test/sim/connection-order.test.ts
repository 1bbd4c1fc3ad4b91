import { beforeEach, expect, test } from 'vitest';
import type { ErrorFrame, EventsFrame, JoinedFrame } from '../../src/protocol/server-reader.ts';
import { ConnectionOrder } from './check/connection-order.ts';

const ROOM = 'snap:1';
const EVENT = { kind: 'left', member: 1, reason: 0 } as const;

let broken: string[];
let order: ConnectionOrder;

beforeEach(() => {
  broken = [];
  order = new ConnectionOrder('c', (rule) => void broken.push(rule));
});

function joined(epoch: number, seq: number, isSnapshot = true): JoinedFrame {
  const [roster, state] = isSnapshot ? [[], new Map<string, Uint8Array>()] : [null, null];
  return { op: 'joined', req: 1, room: ROOM, epoch, seq, me: 1, cseq: 0, roster, state };
}

function events(epoch: number, first: number, count: number): EventsFrame {
  return { op: 'events', room: ROOM, epoch, first, events: Array.from({ length: count }, () => EVENT) };
}

test('[P12] going on, overlapping, leaving a hole, and a catch-up are fine', () => {
  order.received(joined(10, 5));
  order.received(events(10, 5, 3));
  order.received(events(10, 10, 1));
  order.received(joined(10, 7, false));
  order.received(events(10, 8, 3));
  expect([broken, order.holes]).toEqual([[], 1]);
});

test('[P12] events, a snapshot, a POSITION or an epoch that goes back is told', () => {
  order.received(joined(11, 5));
  order.received(events(11, 5, 1));
  order.received(joined(11, 4));
  order.received({ op: 'position', room: ROOM, epoch: 11, seq: 3 });
  order.received(events(10, 6, 1));
  expect(broken).toEqual(['P12', 'P12', 'P12', 'P12']);
});

test('[P12] whose membership is lost may find an older room; an answer to a request or a command ends none', () => {
  const error: ErrorFrame = {
    op: 'error',
    code: 'not-joined',
    room: ROOM,
    req: null,
    cseq: null,
    message: '',
    retry: false,
  };
  order.received(joined(11, 5));
  order.received({ ...error, req: 2 });
  order.received({ ...error, cseq: 3 });
  order.received(joined(10, 2));
  expect(broken).toEqual(['P12']);
  order.received(error);
  order.received(joined(9, 2));
  expect(broken).toEqual(['P12']);
});

test('[P12] who has left, or sees the room closed, may join another one of that name', () => {
  order.received(joined(11, 5));
  order.received({ op: 'closed', room: ROOM, reason: 'over' });
  order.received({ op: 'position', room: ROOM, epoch: 10, seq: 1 });
  order.received(joined(10, 2));
  order.received(events(10, 3, 1));
  order.received({ op: 'left', req: 1, room: ROOM });
  order.received(events(10, 3, 1));
  order.received(joined(9, 2));
  expect(broken).toEqual(['P12']);
});
