import { describe, expect, test } from 'vitest';
import { encodeError } from '../../../src/protocol/server-frame.ts';
import { outcome } from './fake-server.ts';
import { refusal as error, inRoom, joining, send } from './in-room.ts';
import { ack, EPOCH, events, joined, own, ROOM, resumed, sync } from './server-says.ts';

describe('[P17] renumbering', () => {
  test('[P17] after SYNC that takes nothing back what is left goes out at once, under the same numbers', async () => {
    const t = inRoom({ cseq: 0 });
    const ends = send(t.room, 3);
    t.socket.heard();
    t.say(sync('owner', { epoch: EPOCH + 1, seq: 11, cseq: 1 }));
    expect(t.socket.cseqs()).toEqual([2, 3]);
    expect(await ends()).toEqual(['done', 'pending', 'pending']);
  });

  test('[P17] after SYNC of a history that lost commands the rest continues from there, once a JOIN is answered', async () => {
    const t = inRoom({ cseq: 0 });
    send(t.room, 10);
    t.say(ack(10));
    const ends = send(t.room, 3);
    t.socket.heard();
    t.say(sync('owner', { epoch: EPOCH + 1, seq: 8, cseq: 8 }));
    const { req, since } = t.socket.one('join');
    expect(since).toEqual([EPOCH + 1, 8]);
    send(t.room, 1);
    expect(t.socket.heard()).toEqual([]);
    t.say(resumed(req, { epoch: EPOCH + 1, seq: 8, cseq: 8 }));
    expect(t.socket.cseqs()).toEqual([9, 10, 11, 12]);
    t.say(events(9, [own(3, 9), own(3, 10)], EPOCH + 1));
    expect(await ends()).toEqual(['done', 'done', 'pending']);
  });

  test('[P17] a command on its way while SYNC comes is not taken for another under its new number', async () => {
    const t = inRoom({ cseq: 0 });
    send(t.room, 2);
    t.say(ack(1));
    const second = outcome(t.room.sendRaw(Uint8Array.of(7)));
    t.socket.heard();
    // 1 was taken back. A repetition of 1 and the first sending of 2 and 3 reach the new owner after its SYNC.
    t.say(sync('owner', { epoch: EPOCH + 1, seq: 8, cseq: 0 }));
    const { req } = t.socket.one('join');
    t.say(events(9, [own(3, 1), own(3, 2), own(3, 3)], EPOCH + 1));
    expect(await second.now()).toBe('done');
    t.say(resumed(req, { epoch: EPOCH + 1, seq: 8, cseq: 3 }));
    send(t.room, 1);
    expect(t.socket.cseqs()).toEqual([4]);
  });

  test('[P17] no command goes out behind a JOIN that is not answered: whose it would be is not known', () => {
    const t = inRoom({ seq: 10 });
    send(t.room, 2);
    t.socket.heard();
    t.say(ack(2), events(12, [own(9, 1)]));
    const { req } = t.socket.one('join');
    send(t.room, 1);
    expect(t.socket.heard()).toEqual([]);
    t.say(joined(req, { epoch: EPOCH + 1, seq: 5, cseq: 1 }));
    expect(t.socket.cseqs()).toEqual([2]);
  });

  test('[P17] the answer to a JOIN that was repeated is not enough for that', () => {
    const t = joining();
    const first = t.socket.one('join').req;
    send(t.room, 1);
    t.clock.advance(5_000);
    const second = t.socket.heard().find((heard) => heard.op === 'join')?.req ?? 0;
    // Between the two the room was closed, and begun anew by the second.
    t.say(joined(first, { epoch: EPOCH, me: 10, cseq: 0 }));
    expect([t.room.phase, t.room.me, t.socket.heard()]).toEqual(['joined', 10, []]);
    t.say(joined(second, { epoch: EPOCH + 1, seq: 6, me: 2, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1]);
  });

  test('[P17] a JOIN refused for now holds nothing', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(12, [own(9, 1)]));
    const { req } = t.socket.one('join');
    send(t.room, 1);
    t.say(encodeError('unavailable', null, { req, room: ROOM }));
    expect(t.socket.cseqs()).toEqual([1]);
  });

  test('[P17] where SYNC overtakes the answer, another JOIN says where the commands stand', () => {
    const t = inRoom({ seq: 10, cseq: 2 });
    send(t.room, 2);
    t.socket.heard();
    t.say(ack(4), events(12, [own(9, 1)]));
    const { req } = t.socket.one('join');
    send(t.room, 1);
    t.say(sync('owner', { epoch: EPOCH + 1, seq: 8, cseq: 3 }), joined(req, { seq: 12, cseq: 4 }));
    t.clock.advance(200);
    const again = t.socket.one('join');
    t.say(resumed(again.req, { epoch: EPOCH + 1, seq: 8, cseq: 3 }));
    expect(t.socket.cseqs()).toEqual([4]);
  });

  test('[P17] what was rejected before leaves no gap after it', () => {
    const t = inRoom();
    send(t.room, 3);
    t.say(error('forbidden', 2));
    t.reconnect();
    t.say(joined(t.socket.one('join').req, { epoch: EPOCH + 1, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1, 2]);
  });

  test('[P17] an answer that was long on its way can not take back what was confirmed', () => {
    const t = inRoom({ seq: 10, me: 3 });
    send(t.room, 3);
    t.say(events(12, [own(9, 1)]));
    const [join] = t.socket.heard().filter((h) => h.op === 'join');
    t.say(ack(2), resumed(join?.op === 'join' ? join.req : 0, { seq: 10, cseq: 1 }));
    expect(t.socket.cseqs()).toEqual([3]);
  });

  test('[P17] after a reconnect only what is not done goes out, old answers count no more', async () => {
    const t = inRoom();
    const ends = send(t.room, 3);
    const old = t.socket;
    t.reconnect();
    const more = send(t.room, 1);
    old.say(ack(3));
    t.clock.settle();
    t.say(resumed(t.socket.one('join').req, { seq: 10, cseq: 2 }));
    expect(t.socket.cseqs()).toEqual([3, 4]);
    expect(await ends()).toEqual(['done', 'done', 'pending']);
    expect(await more()).toEqual(['pending']);
  });

  test('[P17] a new membership: what was never sent goes out, what was sent ends as interrupted', async () => {
    const t = inRoom({ me: 3 });
    const sent = send(t.room, 2);
    t.socket.close(1006);
    t.clock.settle();
    const unsent = send(t.room, 2);
    t.server.nextSocket();
    t.server.welcome('s2');
    t.say(joined(t.socket.one('join').req, { seq: 50, me: 8, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1, 2]);
    expect(await sent()).toEqual(['interrupted', 'interrupted']);
    t.say(ack(2));
    expect(await unsent()).toEqual(['done', 'done']);
  });

  test('[P17] a room that forgot the membership gets its commands again', () => {
    const t = inRoom({ me: 3, cseq: 7 });
    send(t.room, 2);
    t.socket.heard();
    t.say(sync('owner', { epoch: EPOCH + 1, seq: 2, me: 2, cseq: 0 }));
    expect(t.room.me).toBe(2);
    t.say(resumed(t.socket.one('join').req, { epoch: EPOCH + 1, seq: 2, me: 2, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1, 2]);
  });
});
