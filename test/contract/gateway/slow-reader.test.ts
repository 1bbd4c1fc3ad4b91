import { describe, expect, test } from 'vitest';
import { encodeHello, encodeJoin } from '../../../src/protocol/client-writer.ts';
import { EVENTS_HEADER_MAX, encodeStr, writeEventsHeader, writeMessage } from '../../../src/protocol/server-frame.ts';
import type { ServerFrame } from '../../../src/protocol/server-reader.ts';
import { Writer } from '../../../src/protocol/writer.ts';
import type { Connection, JoinRequest } from '../../../src/room/ports.ts';
import { until } from '../../support/until.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { FakeRooms, FakeSeat } from '../../unit/gateway/fakes.ts';
import { type Harness, newServer, type TestClient } from './harness.ts';

const ROOM = 'demo:1';
const TOPIC = `${ROOM}#1`;
const BUFFER_BYTES = 256 * 1024;

/** One room without members, whose events the test publishes. */
class FeedRooms extends FakeRooms {
  seq = 0;

  override join(connection: Connection, request: JoinRequest): void {
    super.join(connection, request);
    const seat = connection.seats[0];
    if (!(seat instanceof FakeSeat)) return;
    Object.defineProperty(seat, 'at', { get: () => ({ epoch: 1, seq: this.seq }) });
  }
}

function eventFrame(seq: number, payloadBytes: number): Uint8Array {
  const payload = new Writer();
  payload.bin(new Uint8Array(payloadBytes));
  const events = new Writer();
  writeMessage(events, 1, seq, payload.view(), 0, payload.pos);
  const frame = new Uint8Array(EVENTS_HEADER_MAX + events.pos);
  frame.set(events.view(), EVENTS_HEADER_MAX);
  return frame.subarray(writeEventsHeader(frame, EVENTS_HEADER_MAX, encodeStr(ROOM), 1, seq, 1));
}

interface Feed extends Harness {
  readonly rooms: FeedRooms;
  readonly clock: VirtualClock;
  readonly slow: TestClient;
  readonly fast: TestClient;
  /** Publishes turn by turn until the slow reader lags, and some more. */
  flood(payloadBytes: number): Promise<void>;
}

async function newFeed(): Promise<Feed> {
  const rooms = new FeedRooms();
  // Virtual time on real sockets: deadlines pass when the test says so.
  const clock = new VirtualClock();
  const harness = await newServer({ rooms, clock, server: { backpressureBytesMax: BUFFER_BYTES } });
  const [slow, fast] = [await harness.connect(), await harness.connect()];
  for (const client of [slow, fast]) client.say(encodeHello(null, null), encodeJoin(1, ROOM, null, null));
  await until(() => rooms.joins.length === 2);
  await slow.frame('welcome');
  const turn = async (payloadBytes: number): Promise<void> => {
    for (let i = 0; i < 40; i++) harness.server.publish(TOPIC, eventFrame(++rooms.seq, payloadBytes));
    clock.settle();
    await until(() => lastSeq(fast) === rooms.seq, { what: 'the fast reader' });
  };
  const flood = async (payloadBytes: number): Promise<void> => {
    for (let turns = 0; harness.connections.lagging === 0; turns++) {
      if (turns > 1_000) throw new Error('the slow reader never lagged');
      await turn(payloadBytes);
    }
    for (let turns = 0; turns < 5; turns++) await turn(payloadBytes);
  };
  return { ...harness, rooms, clock, slow, fast, flood };
}

function seqs(client: TestClient): number[] {
  return client.frames.flatMap((frame: ServerFrame) => (frame.op === 'events' ? [frame.first] : []));
}

function lastSeq(client: TestClient): number {
  return seqs(client).at(-1) ?? 0;
}

describe('a reader that stops reading', () => {
  // Below 16 KB uWS collects the messages of a topic for a batch, above it writes each at once: two ways to drop.
  test.each([2_000, 20_000])(
    '[P13] hears by POSITION what it missed of %i-byte events once it reads',
    async (bytes) => {
      const feed = await newFeed();
      feed.slow.ws.pause();
      await feed.flood(bytes);
      expect(feed.counters.lagged).toBe(1);
      feed.slow.ws.resume();
      const position = await feed.slow.frame('position');
      expect(position).toEqual({ op: 'position', room: ROOM, epoch: 1, seq: feed.rooms.seq });
      // What it got is in order and stops before the position: a hole, and it was told.
      const got = seqs(feed.slow);
      expect(got).toEqual([...got].sort((a, b) => a - b));
      expect(got.length).toBeLessThan(feed.rooms.seq);
      expect(feed.slow.frames.at(-1)).toEqual(position);
      // From there on it gets everything again.
      feed.server.publish(TOPIC, eventFrame(++feed.rooms.seq, bytes));
      await until(() => lastSeq(feed.slow) === feed.rooms.seq, { what: 'an event after the hole' });
      expect(feed.connections.lagging).toBe(0);
      expect(feed.slow.ended).toBeNull();
    },
  );

  test('[P20] costs the reader beside it nothing', async () => {
    const feed = await newFeed();
    feed.slow.ws.pause();
    await feed.flood(2_000);
    expect(seqs(feed.fast)).toEqual(Array.from({ length: feed.rooms.seq }, (_, i) => i + 1));
  });

  test('[P20] costs no more than twice its limit, however large what it asks for is', async () => {
    const feed = await newFeed();
    const slow = feed.connections.get(1);
    feed.slow.ws.pause();
    let most = 0;
    for (let rounds = 0; feed.connections.lagging === 0; rounds++) {
      if (rounds > 1_000) throw new Error('the slow reader never lagged');
      // As many rooms of 200 kB that it joins in one turn.
      for (let i = 0; i < 8; i++) slow?.send(new Uint8Array(200_000));
      feed.clock.advance(250);
      most = Math.max(most, feed.connections.buffered.mostBytes);
    }
    expect(most).toBeGreaterThan(BUFFER_BYTES / 2);
    expect(most).toBeLessThanOrEqual(2 * BUFFER_BYTES);
  });

  test('[P20] reads 4001 when it reads on: it was found out before its buffer was full', async () => {
    const feed = await newFeed();
    feed.slow.ws.pause();
    await feed.flood(2_000);
    feed.clock.advance(10_100);
    expect(feed.counters.closedTooSlow).toBe(1);
    feed.slow.ws.resume();
    expect((await feed.slow.end()).code).toBe(4001);
  });

  test('[P20] is closed when it does not drain within 10 s, though its buffer is full', async () => {
    const feed = await newFeed();
    feed.slow.ws.pause();
    await feed.flood(20_000);
    feed.clock.advance(10_100);
    expect(feed.counters.closedTooSlow).toBe(1);
    expect(feed.connections.size).toBe(1);
    feed.slow.ws.resume();
    // A full socket has no room for a close frame; then the client sees the connection end.
    expect([4001, 1006]).toContain((await feed.slow.end()).code);
    feed.server.publish(TOPIC, eventFrame(++feed.rooms.seq, 10));
    await until(() => lastSeq(feed.fast) === feed.rooms.seq, { what: 'the fast reader' });
  });
});
