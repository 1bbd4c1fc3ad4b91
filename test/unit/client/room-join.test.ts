import { describe, expect, test } from 'vitest';
import { META_BYTES_MAX } from '../../../src/protocol/limits.ts';
import { encodeClosed, encodeError, encodeLeft } from '../../../src/protocol/server-frame.ts';
import { outcome } from './fake-server.ts';
import { inRoom, joining, refusal } from './in-room.ts';
import { ack, EPOCH, events, joined, own, position, ROOM, resumed, sync } from './server-says.ts';

describe('joining', () => {
  test('[P6] JOINED with a snapshot gives roster, state and position', async () => {
    const t = joining();
    expect(t.room.phase).toBe('joining');
    const { req, since } = t.socket.one('join');
    expect(since).toBeNull();
    t.say(joined(req, { seq: 10, me: 3, cseq: 5, roster: [1, 3], state: { k: [7] } }));
    await t.room.joined;
    expect([t.room.phase, t.room.me, t.room.epoch, t.room.seq]).toEqual(['joined', 3, EPOCH, 10]);
    expect([...t.room.roster.keys()]).toEqual([1, 3]);
    expect([...t.room.state]).toEqual([['k', Uint8Array.of(7)]]);
    expect(t.seen).toEqual([['snapshot', 'joined', EPOCH, 10, 3, 5]]);
  });

  test('join for a name already joined answers the same room', () => {
    const t = joining();
    expect(t.core.join(ROOM)).toBe(t.room);
  });

  test('a name or a meta that no server would take is refused at once', () => {
    const t = joining();
    expect(() => t.core.join('no spaces')).toThrow('not a room name');
    expect(() => t.core.join('demo:2', new Uint8Array(META_BYTES_MAX + 1))).toThrow('meta of 1025 bytes');
  });

  test('an ERROR without retry rejects, and the name can be tried again', async () => {
    const t = joining();
    const result = outcome(t.room.joined);
    t.say(encodeError('unauthorized', 'members only', { req: t.socket.one('join').req, room: ROOM }));
    expect(await result.now()).toBe('unauthorized');
    expect(t.core.join(ROOM)).not.toBe(t.room);
  });

  test('an ERROR that names only the request is understood too', async () => {
    const t = joining();
    const result = outcome(t.room.joined);
    t.say(encodeError('bad-room', null, { req: t.socket.one('join').req }));
    expect(await result.now()).toBe('bad-room');
  });

  test('an ERROR with retry is tried again after a growing wait, until it works', async () => {
    const t = joining();
    const result = outcome(t.room.joined);
    const waits: number[] = [];
    for (let i = 0; i < 10; i++) {
      const { req } = t.socket.one('join');
      const refusal = encodeError('unavailable', null, { req, room: ROOM });
      t.say(refusal, refusal);
      const from = t.clock.now();
      t.clock.advance((t.clock.nextAt ?? 0) - from);
      waits.push(t.clock.now() - from);
    }
    expect(waits[0]).toBeLessThanOrEqual(100);
    expect(Math.max(...waits)).toBeGreaterThan(1_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(2_000);
    t.say(joined(t.socket.one('join').req));
    expect(await result.now()).toBe('done');
  });

  test('a JOIN that is never answered is asked again, and a late answer to the first counts', async () => {
    const t = joining();
    const first = t.socket.one('join').req;
    t.clock.advance(5_000);
    const heard = t.socket.heard();
    expect(heard.map((h) => h.op)).toEqual(['ping', 'join']);
    t.say(joined(first));
    expect(t.room.phase).toBe('joined');
    t.clock.advance(5_000);
    expect(t.socket.heard().filter((h) => h.op === 'join')).toEqual([]);
  });

  test('a connection that answers neither JOIN nor PING is given up', () => {
    const t = joining();
    t.clock.advance(15_000);
    expect(t.core.status).toBe('waiting');
  });

  test('[P13] POSITION in place of JOINED means that it was dropped: the JOIN is asked again, ever more slowly', () => {
    const t = joining();
    const first = t.socket.one('join').req;
    t.say(position(99), position(99));
    const second = t.socket.one('join');
    expect([second.since, second.req > first]).toEqual([null, true]);
    t.clock.advance(200);
    expect(t.socket.heard()).toMatchObject([{ op: 'join' }]);
    t.say(joined(second.req));
    expect(t.room.phase).toBe('joined');
    t.say(position(10));
    expect(t.socket.heard()).toEqual([]);
  });

  test('JOINED twice counts once', () => {
    const t = joining();
    const answer = joined(t.socket.one('join').req);
    t.say(answer, events(11, [own(9, 1)]), answer);
    expect(t.seen.map(([what]) => what)).toEqual(['snapshot', 'events']);
    expect(t.room.seq).toBe(11);
  });

  test('a JOIN in flight survives a reconnect, under a new req', () => {
    const t = joining();
    const first = t.socket.one('join').req;
    t.reconnect();
    const second = t.socket.one('join').req;
    expect(second).not.toBe(first);
    t.say(joined(first));
    expect(t.room.phase).toBe('joining');
    t.say(joined(second));
    expect(t.room.phase).toBe('joined');
  });

  test('a join before the connection is open goes out after WELCOME', () => {
    const t = inRoom();
    t.socket.close(1006);
    t.clock.settle();
    t.core.join('demo:2');
    t.server.nextSocket();
    const rooms = t.server
      .welcome()
      .heard()
      .map((h) => h.op === 'join' && h.room);
    expect(rooms).toEqual([ROOM, 'demo:2']);
  });
});

describe('joining again', () => {
  test('[P7] after a reconnect the events go on from the last one seen', () => {
    const t = inRoom({ seq: 10, me: 3 });
    t.say(events(11, [own(9, 1)]));
    t.reconnect();
    const { req, since } = t.socket.one('join');
    expect(since).toEqual([EPOCH, 11]);
    t.say(resumed(req, { seq: 11, me: 3 }), events(12, [own(9, 2)]));
    expect(t.seen.slice(1)).toEqual([
      ['resumed', EPOCH, 11, 3, 0],
      ['events', EPOCH, 12, 1],
    ]);
    expect(t.room.me).toBe(3);
  });

  test('[P7] a resume in a newer epoch keeps what the client has', () => {
    const t = inRoom({ seq: 10, state: { k: [1] } });
    t.reconnect();
    t.say(resumed(t.socket.one('join').req, { epoch: EPOCH + 5, seq: 10 }), events(11, [own(9, 1)], EPOCH + 5));
    expect([t.room.epoch, t.room.seq, t.room.state.size]).toEqual([EPOCH + 5, 11, 1]);
  });

  test('[P7] a resume that does not fit what the client has is asked for again', () => {
    const t = inRoom({ seq: 10 });
    t.reconnect();
    t.say(resumed(t.socket.one('join').req, { epoch: EPOCH + 5, seq: 9 }));
    t.clock.advance(200);
    expect(t.socket.one('join').since).toEqual([EPOCH, 10]);
    expect(t.room.attached).toBe(false);
  });

  test('[P6] a snapshot after a reconnect replaces everything, even with an older position', () => {
    const t = inRoom({ seq: 10, state: { old: [1] } });
    t.reconnect();
    t.say(joined(t.socket.one('join').req, { epoch: EPOCH, seq: 4, state: { new: [2] } }));
    expect([t.room.seq, ...t.room.state.keys()]).toEqual([4, 'new']);
  });

  test('[P9] not-joined makes it join again, once for many commands', () => {
    const t = inRoom();
    for (let i = 0; i < 3; i++) void t.room.sendRaw(Uint8Array.of(i));
    expect(t.socket.cseqs()).toEqual([1, 2, 3]);
    t.say(...[1, 2, 3].map((cseq) => encodeError('not-joined', null, { room: ROOM, cseq })));
    const { req } = t.socket.one('join');
    void t.room.sendRaw(Uint8Array.of(3));
    expect(t.socket.heard()).toEqual([]);
    t.say(resumed(req, { seq: 10, cseq: 0 }));
    expect(t.socket.cseqs()).toEqual([1, 2, 3, 4]);
  });

  test('a refusal after a reconnect ends the room and what waits in it', async () => {
    const t = inRoom();
    const sent = outcome(t.room.sendRaw(Uint8Array.of(1)));
    t.reconnect();
    t.say(encodeError('unauthorized', 'banned', { req: t.socket.one('join').req, room: ROOM }));
    expect(await sent.now()).toBe('unauthorized');
    expect(t.seen.at(-1)).toEqual(['over', 'unauthorized']);
    expect(t.core.room(ROOM)).toBeNull();
  });
});

describe('leaving', () => {
  test('LEAVE goes out when the last command is done, and LEFT ends the room', async () => {
    const t = inRoom();
    const sent = outcome(t.room.sendRaw(Uint8Array.of(1)));
    const left = outcome(t.room.leave());
    expect(t.socket.cseqs()).toEqual([1]);
    t.say(ack(1));
    const { req } = t.socket.one('leave');
    t.say(encodeLeft(req + 1, ROOM));
    expect([await sent.now(), await left.now()]).toEqual(['done', 'pending']);
    t.say(encodeLeft(req, ROOM), encodeLeft(req, ROOM));
    expect(await left.now()).toBe('done');
    expect(t.core.room(ROOM)).toBeNull();
    t.core.close();
    expect(t.clock.timers).toBe(0);
  });

  test('commands that do not get done hold it up for 5 s, and then end as left', async () => {
    const t = inRoom();
    const sent = outcome(t.room.sendRaw(Uint8Array.of(1)));
    void t.room.leave();
    expect(await outcome(t.room.sendRaw(Uint8Array.of(2))).now()).toBe('left');
    t.socket.heard();
    t.clock.advance(5_000);
    const leave = t.socket.heard().find((h) => h.op === 'leave');
    t.say(encodeLeft(leave?.op === 'leave' ? leave.req : 0, ROOM));
    expect(await sent.now()).toBe('left');
  });

  test('[P17] nothing is asked or sent behind LEAVE that would make a new member do what the old one did', async () => {
    const t = inRoom();
    const sent = outcome(t.room.sendRaw(Uint8Array.of(1)));
    void t.room.leave();
    t.clock.advance(4_990);
    t.socket.heard();
    t.say(position(12));
    t.say(encodeError('unavailable', null, { req: t.socket.one('join').req, room: ROOM }));
    t.clock.advance(10);
    const heard = t.socket.heard();
    const leave = heard.find((h) => h.op === 'leave');
    t.say(position(13), refusal('out-of-order', 1), sync('owner', { me: 4, cseq: 0 }));
    t.clock.advance(1_000);
    expect(t.socket.heard()).toEqual([]);
    t.say(encodeLeft(leave?.op === 'leave' ? leave.req : 0, ROOM));
    expect(await sent.now()).toBe('left');
  });

  test('[P17] while a JOIN is under way, a number that the server expects may be that of a new member', () => {
    const t = inRoom({ me: 3, cseq: 0 });
    void t.room.sendRaw(Uint8Array.of(1));
    t.socket.heard();
    t.say(position(12), refusal('out-of-order', 1));
    const { req } = t.socket.one('join');
    t.say(joined(req, { me: 4, cseq: 0, seq: 12 }));
    expect([t.socket.heard(), t.room.undone]).toEqual([[], 0]);
  });

  test('LEAVE is repeated until it is answered; not-joined is an answer', async () => {
    const t = inRoom();
    const left = outcome(t.room.leave());
    t.say(encodeError('unavailable', null, { req: t.socket.one('leave').req, room: ROOM }));
    t.clock.advance(100);
    t.say(encodeError('not-joined', null, { req: t.socket.one('leave').req, room: ROOM }));
    expect(await left.now()).toBe('done');
  });

  test('without a connection it is left at once', async () => {
    const t = inRoom();
    t.socket.close(1006);
    t.clock.settle();
    expect(await outcome(t.room.leave()).now()).toBe('done');
  });

  test('a connection lost while leaving ends it, and the room is not joined again', async () => {
    const t = inRoom();
    const left = outcome(t.room.leave());
    t.reconnect();
    expect(await left.now()).toBe('done');
    expect(t.socket.heard()).toEqual([]);
  });

  test('a room being left can not be joined until that is over', () => {
    const t = inRoom();
    void t.room.leave();
    expect(() => t.core.join(ROOM)).toThrow('still being left');
    t.say(encodeLeft(t.socket.one('leave').req, ROOM));
    expect(t.core.join(ROOM).phase).toBe('joining');
  });

  test('frames of a room that was left are passed over', () => {
    const t = inRoom();
    void t.room.leave();
    t.say(encodeLeft(t.socket.one('leave').req, ROOM), events(11, [own(9, 1)]), ack(1), encodeClosed(ROOM, 'x'));
    expect(t.seen).toEqual([['over', 'left']]);
  });

  test('CLOSED ends the room: commands reject with room-closed', async () => {
    const t = inRoom();
    const sent = outcome(t.room.sendRaw(Uint8Array.of(1)));
    t.say(encodeClosed(ROOM, 'the match is over'), encodeClosed(ROOM, 'twice'));
    expect(await sent.now()).toBe('room-closed');
    expect(t.seen.filter(([what]) => what === 'over')).toEqual([['over', 'room-closed']]);
    expect(await outcome(t.room.sendRaw(Uint8Array.of(1))).now()).toBe('left');
  });
});
