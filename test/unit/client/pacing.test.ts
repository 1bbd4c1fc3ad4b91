import { describe, expect, test } from 'vitest';
import { encodeSend } from '../../../src/protocol/client-writer.ts';
import { inRoom } from './in-room.ts';
import { ack, joined, ROOM, resumed } from './server-says.ts';

describe('[P19] the pace of WELCOME', () => {
  /** The server's bucket: full at first, `perSec`, a burst of twice that. */
  function bucket(perSec: number, now: number) {
    let tokens = perSec * 2;
    let at = now;
    return (cost: number, time: number): boolean => {
      tokens = Math.min(perSec * 2, tokens + ((time - at) * perSec) / 1000) - cost;
      at = time;
      return tokens >= 0;
    };
  }

  test('[P19] a flood of commands never goes over commandsPerSec, and uses nearly all of it', () => {
    const t = inRoom({}, { commandsPerSec: 50 });
    const allow = bucket(50, t.clock.now());
    let done = 0;
    for (let ms = 0; ms < 20_000; ms += 10) {
      while (t.room.undone < 500) void t.room.sendRaw(Uint8Array.of(1));
      for (const cseq of t.socket.cseqs()) {
        expect(allow(1, t.clock.now())).toBe(true);
        done = cseq;
      }
      t.say(ack(done));
      t.clock.advance(10);
    }
    expect(done).toBeGreaterThan(50 * 20);
  });

  test('[P19] bytes are counted too', () => {
    const t = inRoom({}, { bytesPerSec: 10_000, frameBytesMax: 4_000 });
    const allow = bucket(10_000, t.clock.now());
    const cost = encodeSend(ROOM, 1, new Uint8Array(3_000)).length;
    for (let i = 0; i < 20; i++) void t.room.sendRaw(new Uint8Array(3_000));
    let last = 0;
    for (let ms = 0; ms < 10_000; ms += 10) {
      for (const cseq of t.socket.cseqs()) {
        expect(allow(cost, t.clock.now())).toBe(true);
        last = cseq;
      }
      t.say(ack(last));
      t.clock.advance(10);
    }
    expect(last).toBe(20);
  });

  test('a frame larger than the burst still goes out, alone', () => {
    const t = inRoom({}, { bytesPerSec: 1_000, frameBytesMax: 4_000 });
    void t.room.sendRaw(new Uint8Array(3_000));
    void t.room.sendRaw(new Uint8Array(3_000));
    t.clock.advance(1_000);
    expect(t.socket.cseqs()).toEqual([1]);
    t.clock.advance(1_600);
    expect(t.socket.cseqs()).toEqual([2]);
  });

  test('[P19] rooms share the pace in turns', () => {
    const t = inRoom({}, { commandsPerSec: 10 });
    const second = t.core.join('demo:2');
    t.say(joined(t.socket.one('join').req, { room: 'demo:2' }));
    for (let i = 0; i < 100; i++) void t.room.sendRaw(Uint8Array.of(1));
    for (let i = 0; i < 100; i++) void second.sendRaw(Uint8Array.of(1));
    t.socket.heard();
    t.clock.advance(4_000);
    const rooms = t.socket.heard().map((h) => ('room' in h ? h.room : ''));
    const first = rooms.filter((room) => room === ROOM).length;
    expect(Math.abs(first - rooms.filter((room) => room === 'demo:2').length)).toBeLessThanOrEqual(1);
    expect(first).toBeGreaterThan(15);
  });

  test('a JOIN waits for its turn as well, and a new connection starts with a full burst', () => {
    const t = inRoom({}, { commandsPerSec: 2 });
    for (let i = 0; i < 5; i++) void t.room.sendRaw(Uint8Array.of(1));
    expect(t.socket.cseqs()).toEqual([1, 2]);
    t.core.join('demo:2');
    expect(t.socket.heard()).toEqual([]);
    t.socket.close(1006);
    t.server.nextSocket();
    t.server.welcome('s1', { commandsPerSec: 2 });
    const joins = t.socket.heard();
    expect(joins.map((h) => h.op)).toEqual(['join', 'join']);
    t.say(resumed(joins[0]?.op === 'join' ? joins[0].req : 0, { seq: 10 }));
    expect(t.socket.cseqs()).toEqual([1]);
  });
});
