import { describe, expect, test } from 'vitest';
import { encodePing, encodeSend } from '../../../src/protocol/client-writer.ts';
import { encodeAck, encodeDirect } from '../../../src/protocol/server-frame.ts';
import { type Client, FakeGateway } from './fakes.ts';

/** As uWS does it: in the middle of an iteration over topics. */
function drop({ socket, connection }: Client): void {
  socket.iterating = true;
  socket.buffered = 5_000;
  connection.dropped();
  socket.iterating = false;
}

describe('a slow reader', () => {
  test('[P20] with more than its limit waiting it lags before anything is dropped', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    client.socket.buffered = 4_001;
    gateway.clock.advance(250);
    expect([...client.socket.topics]).toEqual([]);
    expect(gateway.connections.lagging).toBe(1);
  });

  test('[P20] leaves its topics at the end of the turn, never while they are iterated', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1', 'demo:2');
    drop(client);
    expect([...client.socket.topics]).toEqual(['demo:1#1', 'demo:2#1']);
    gateway.clock.settle();
    expect([...client.socket.topics]).toEqual([]);
    expect(gateway.connections.lagging).toBe(1);
  });

  test('[P13] once drained it joins its topics again and hears where each room stands', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1', 'demo:2', 'demo:3');
    drop(client);
    gateway.clock.settle();
    client.seat('demo:1').at = { epoch: 1, seq: 41 };
    client.seat('demo:3').at = null;
    client.socket.buffered = 0;
    client.connection.drained();
    expect(client.socket.frames).toEqual([
      { op: 'position', room: 'demo:1', epoch: 1, seq: 41 },
      { op: 'position', room: 'demo:2', epoch: 1, seq: 0 },
    ]);
    expect(client.socket.topics.size).toBe(3);
    expect(gateway.connections.lagging).toBe(0);
    gateway.clock.advance(20_000);
    expect(client.socket.closed).toBeNull();
  });

  test('[P13] one that drains before its topics were left keeps them', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    client.socket.buffered = 0;
    client.connection.drained();
    gateway.clock.settle();
    expect([...client.socket.topics]).toEqual(['demo:1#1']);
    expect(client.socket.frames).toMatchObject([{ op: 'position', room: 'demo:1' }]);
  });

  test('[P20] what is sent to it meanwhile is dropped, though its commands are served', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    gateway.clock.settle();
    client.say(encodePing(1), encodeSend('demo:1', 1, Uint8Array.of(1)));
    expect(client.socket.frames).toEqual([]);
    expect(client.seat('demo:1').heard).toHaveLength(1);
    expect(gateway.counters.framesDropped).toBe(2);
  });

  test('[P20] a large frame that would take its buffer over the limit is not sent, and it lags', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    // Over the limit of these tests, 8,000 bytes, by itself: taken where nothing waits.
    const large = encodeDirect('demo:1', 1, new Uint8Array(16 * 1024));
    client.connection.send(large);
    expect(client.socket.take()).toHaveLength(1);
    client.socket.buffered = 1;
    client.connection.send(large);
    gateway.clock.settle();
    expect(client.socket.frames).toEqual([]);
    expect([gateway.connections.lagging, gateway.counters.framesDropped]).toEqual([1, 1]);
  });

  test('what waits is summed up at each look', () => {
    const gateway = new FakeGateway();
    const [one, two] = [gateway.welcomed('demo:1'), gateway.welcomed('demo:1')];
    [one.socket.buffered, two.socket.buffered] = [3_000, 5_000];
    gateway.clock.advance(250);
    expect(gateway.connections.buffered).toEqual({ bytes: 8_000, mostBytes: 5_000 });
    for (const client of [one, two]) client.connection.closed();
    expect(gateway.connections.buffered).toEqual({ bytes: 0, mostBytes: 0 });
  });

  test('[P20] a send that finds the buffer full makes it lag as well', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    client.socket.result = 'dropped';
    client.connection.send(encodeAck('demo:1', 1));
    gateway.clock.settle();
    expect([...client.socket.topics]).toEqual([]);
    client.socket.result = 'sent';
    client.connection.drained();
    expect(client.socket.frames).toMatchObject([{ op: 'position' }]);
  });

  test('[P20] a room that moves to a new epoch meanwhile is joined under its new topic', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    gateway.clock.settle();
    client.connection.unsubscribe('demo:1#1');
    client.connection.subscribe('demo:1#2');
    client.seat('demo:1').topic = 'demo:1#2';
    expect([...client.socket.topics]).toEqual([]);
    client.socket.buffered = 0;
    client.connection.drained();
    expect([...client.socket.topics]).toEqual(['demo:1#2']);
  });

  test('[P20] it has drained when no more than a quarter of the buffer waits', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    gateway.clock.settle();
    client.socket.buffered = 1_001;
    client.connection.drained();
    expect(client.socket.frames).toEqual([]);
    client.socket.buffered = 1_000;
    client.connection.drained();
    expect(client.socket.frames).toHaveLength(1);
  });

  test('[P13] a POSITION that finds the buffer full again waits for the next drain', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1', 'demo:2');
    drop(client);
    gateway.clock.settle();
    client.socket.buffered = 0;
    client.socket.result = 'dropped';
    client.connection.drained();
    gateway.clock.settle();
    expect([...client.socket.topics]).toEqual([]);
    client.socket.result = 'sent';
    client.connection.drained();
    expect(client.socket.frames.map((frame) => frame.op)).toEqual(['position', 'position']);
    expect(client.socket.topics.size).toBe(2);
  });

  test('[P20] one that does not drain within 10 s is closed with 4001; the others feel nothing', () => {
    const gateway = new FakeGateway();
    const slow = gateway.welcomed('demo:1');
    const fast = gateway.welcomed('demo:1');
    drop(slow);
    gateway.clock.advance(9_900);
    expect(slow.socket.closed).toBeNull();
    gateway.clock.advance(200);
    expect(slow.socket.closed?.code).toBe(4001);
    expect(gateway.rooms.gone).toEqual([slow.connection.id]);
    expect(gateway.counters.closedTooSlow).toBe(1);
    expect(fast.socket.closed).toBeNull();
    expect([...fast.socket.topics]).toEqual(['demo:1#1']);
    // What is left is the look at the readers, while one is connected.
    expect(gateway.clock.timers).toBe(1);
  });

  test('[P20] one whose last drain was not told is served on at the deadline, not closed', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    client.socket.buffered = 0;
    gateway.clock.advance(10_100);
    expect(client.socket.closed).toBeNull();
    expect(client.socket.frames).toMatchObject([{ op: 'position' }]);
  });

  test('one that closes while it lags leaves nothing behind and is not touched', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed('demo:1');
    drop(client);
    client.connection.closed();
    client.socket.iterating = true;
    client.connection.drained();
    client.connection.send(encodeAck('demo:1', 1));
    client.connection.subscribe('demo:1#2');
    gateway.clock.advance(20_000);
    expect(client.socket.frames).toEqual([]);
    expect(gateway.connections.size).toBe(0);
    expect(gateway.clock.timers).toBe(0);
  });
});

describe('the end', () => {
  test('GOAWAY reaches every session, then all close with 4000', () => {
    const gateway = new FakeGateway();
    const client = gateway.welcomed();
    const silent = gateway.connect();
    gateway.connections.goAway('deploy', () => 250);
    expect(client.socket.frames).toEqual([{ op: 'goaway', reason: 'deploy', afterMs: 250 }]);
    expect(silent.socket.frames).toEqual([]);
    gateway.connections.closeAll('deploy');
    expect([client, silent].map(({ socket }) => socket.closed?.code)).toEqual([4000, 4000]);
    expect(gateway.connections.size).toBe(0);
    expect(gateway.clock.timers).toBe(0);
  });
});
