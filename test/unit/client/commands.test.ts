import { describe, expect, test } from 'vitest';
import { UNDONE_MAX } from '../../../src/client/command-queue.ts';
import { outcome } from './fake-server.ts';
import { refusal as error, inRoom, send } from './in-room.ts';
import { ack, EPOCH, events, joined, own, resumed, sync } from './server-says.ts';

describe('[P15] done', () => {
  test('[P15] commands are numbered from cseq + 1 of JOINED', () => {
    const t = inRoom({ cseq: 41 });
    send(t.room, 3);
    expect(t.socket.cseqs()).toEqual([42, 43, 44]);
  });

  test('[P15] the own event ends its command, and that one only', async () => {
    const t = inRoom({ me: 3 });
    const ends = send(t.room, 3);
    t.say(events(11, [own(9, 1), own(3, 2), { kind: 'state', member: 3, cseq: 3, set: { k: [1] } }]));
    expect(await ends()).toEqual(['pending', 'done', 'done']);
  });

  test('[P15] ACK ends all up to its cseq, coming late or twice no others', async () => {
    const t = inRoom();
    const ends = send(t.room, 3);
    t.say(ack(2), ack(1), ack(2));
    expect(await ends()).toEqual(['done', 'done', 'pending']);
  });

  test('[P15] an ACK beyond what was sent ends nothing that was not', async () => {
    const t = inRoom({}, { commandsPerSec: 2 });
    const ends = send(t.room, 4);
    expect(t.socket.cseqs()).toEqual([1, 2]);
    t.say(ack(99));
    expect(await ends()).toEqual(['done', 'done', 'pending', 'pending']);
  });

  test('[P15] an ERROR without retry rejects its command and uses its cseq up', async () => {
    const t = inRoom();
    const ends = send(t.room, 3);
    t.say(error('forbidden', 2), error('forbidden', 2));
    expect(await ends()).toEqual(['pending', 'forbidden', 'pending']);
    send(t.room, 1);
    expect(t.socket.cseqs()).toEqual([1, 2, 3, 4]);
  });

  test('[P15] JOINED and SYNC end all up to their cseq', async () => {
    const t = inRoom();
    const ends = send(t.room, 3);
    t.say(sync('reset', { seq: 12, cseq: 1 }));
    expect(await ends()).toEqual(['done', 'pending', 'pending']);
    t.reconnect();
    t.say(resumed(t.socket.one('join').req, { seq: 12, cseq: 2 }));
    expect(await ends()).toEqual(['done', 'done', 'pending']);
  });

  test('[P15] an ERROR with retry sends again from that cseq after a back-off, in order', () => {
    const t = inRoom();
    send(t.room, 3);
    t.socket.heard();
    t.say(error('unavailable', 1), error('out-of-order', 1), error('out-of-order', 1));
    send(t.room, 1);
    expect(t.socket.heard()).toEqual([]);
    t.clock.advance(100);
    expect(t.socket.cseqs()).toEqual([1, 2, 3, 4]);
  });

  test('[P15] the back-off grows with full jitter and starts over with progress', () => {
    const t = inRoom();
    send(t.room, 2);
    const waits = [];
    for (let i = 0; i < 12; i++) {
      t.socket.heard();
      t.say(error('unavailable', 1));
      const from = t.clock.now();
      while (t.socket.heard().length === 0) t.clock.advance(1);
      waits.push(t.clock.now() - from);
    }
    expect(waits[0]).toBeLessThanOrEqual(100);
    expect(Math.max(...waits)).toBeGreaterThan(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5_000);
    t.say(ack(1), error('unavailable', 2));
    t.clock.advance(100);
    expect(t.socket.cseqs()).toEqual([2]);
  });
});

describe('a fault of the server that stays', () => {
  test('[P15] the command that meets it every time is rejected, and those behind it go on under its number', async () => {
    const t = inRoom();
    const ends = send(t.room, 2);
    for (let i = 0; i < 4; i++) {
      t.say(error('internal', 1));
      t.clock.advance(1_000);
    }
    t.socket.heard();
    t.say(error('internal', 1));
    t.say(joined(t.socket.one('join').req, { cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1]);
    t.say(ack(1));
    expect(await ends()).toEqual(['internal', 'done']);
  });
});

describe('[P16] out of order', () => {
  test('[P16] a burst of errors makes one resend from the cseq expected', () => {
    const t = inRoom();
    send(t.room, 10);
    t.socket.heard();
    t.say(...Array.from({ length: 7 }, () => error('out-of-order', 4)));
    expect(t.socket.cseqs()).toEqual([4, 5, 6, 7, 8, 9, 10]);
    t.say(ack(10));
    t.clock.advance(4_000);
    expect(t.socket.heard()).toEqual([]);
  });

  test('[P16] a resend that is lost as well is made again, ever more slowly', () => {
    const t = inRoom();
    send(t.room, 3);
    t.socket.heard();
    const at: number[] = [];
    const from = t.clock.now();
    while (t.clock.now() - from < 4_900) {
      t.say(error('out-of-order', 2));
      if (t.socket.heard().length > 0) at.push(t.clock.now() - from);
      t.clock.advance(50);
    }
    expect(at.slice(0, 4)).toEqual([0, 500, 1_500, 3_500]);
  });

  test('[P16] one that comes unasked with nothing undone from there on is passed over', () => {
    const t = inRoom();
    send(t.room, 2);
    t.say(ack(2));
    t.socket.heard();
    t.say(error('out-of-order', 3), error('out-of-order', 2), error('out-of-order', 99));
    t.clock.advance(4_000);
    expect(t.socket.heard()).toEqual([]);
  });

  test('[P16] one that comes unasked for commands lost on the way sends them again', async () => {
    const t = inRoom();
    const ends = send(t.room, 2);
    t.socket.heard();
    t.say(error('out-of-order', 1));
    expect(t.socket.cseqs()).toEqual([1, 2]);
    t.say(ack(2));
    expect(await ends()).toEqual(['done', 'done']);
  });

  test('a command without progress for 5 s makes it join again with since, and ask for life', () => {
    const t = inRoom({ seq: 10 });
    send(t.room, 2);
    t.socket.heard();
    t.clock.advance(4_999);
    expect(t.socket.heard()).toEqual([]);
    t.clock.advance(1);
    const heard = t.socket.heard();
    expect(heard).toMatchObject([{ op: 'ping' }, { op: 'join', since: [EPOCH, 10] }]);
    const join = heard[1];
    t.say(resumed(join?.op === 'join' ? join.req : 0, { seq: 10, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1, 2]);
  });

  test('errors of the same cseq for ever do not hide that nothing moves', () => {
    const t = inRoom();
    send(t.room, 1);
    for (let i = 0; i < 110; i++) {
      t.say(error('out-of-order', 1));
      t.clock.advance(50);
    }
    expect(t.socket.heard().some((h) => h.op === 'join')).toBe(true);
  });
});

describe('limits', () => {
  test('more than 1024 undone commands are refused, until some are done', async () => {
    const t = inRoom();
    const ends = send(t.room, UNDONE_MAX);
    await expect(t.room.sendRaw(Uint8Array.of(1))).rejects.toMatchObject({
      code: 'too-many-commands',
      message: expect.stringContaining('1024 in demo:1'),
    });
    t.say(ack(1));
    expect(await outcome(t.room.sendRaw(Uint8Array.of(1))).now()).toBe('pending');
    expect((await ends()).filter((end) => end === 'done')).toHaveLength(1);
  });

  test('[P3] a command that the server would close for is refused here', async () => {
    const t = inRoom({}, { frameBytesMax: 100 });
    await expect(t.room.sendRaw(new Uint8Array(100))).rejects.toMatchObject({ code: 'too-large' });
    expect(await outcome(t.room.setRaw(new Map([['k', new Uint8Array(60)]]), ['gone'])).now()).toBe('pending');
    expect(t.socket.cseqs()).toEqual([1]);
  });

  test('[P3] one that only the next node finds too large is dropped before the others are numbered', async () => {
    const t = inRoom();
    const large = outcome(t.room.sendRaw(new Uint8Array(1_000)));
    const ends = send(t.room, 1);
    t.socket.close(1006);
    t.server.nextSocket();
    t.server.welcome('s1', { frameBytesMax: 500 });
    t.say(resumed(t.socket.one('join').req, { seq: 10, cseq: 0 }));
    expect(await large.now()).toBe('too-large');
    expect(t.socket.cseqs()).toEqual([1]);
    expect(await ends()).toEqual(['pending']);
  });
});
