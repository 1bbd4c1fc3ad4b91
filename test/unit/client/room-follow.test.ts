import { describe, expect, test } from 'vitest';
import { encodeDirect } from '../../../src/protocol/server-frame.ts';
import { inRoom, joining } from './in-room.ts';
import { EPOCH, type Event, events, joined, other, position, ROOM, resumed, sync } from './server-says.ts';

const three = [other([1]), other([2]), other([3])];

describe('[P12] order', () => {
  test('[P12] events at or before the last one are passed over, overlapping frames cut', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(11, three), events(11, three), events(9, three), events(12, three));
    expect(t.seen).toEqual([
      ['events', EPOCH, 11, 3],
      ['events', EPOCH, 14, 1],
    ]);
  });

  test('[P12] frames of an older epoch are passed over', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(11, three, EPOCH - 1), position(99, EPOCH - 1), sync('owner', { epoch: EPOCH - 1, seq: 99 }));
    expect(t.seen).toEqual([]);
    expect(t.socket.heard()).toEqual([]);
  });

  test('[P12] events before JOINED, and of rooms not joined, are passed over', () => {
    const t = joining();
    t.socket.heard();
    t.say(events(1, three), events(1, three, EPOCH, 'demo:other'));
    expect(t.seen).toEqual([]);
    expect(t.socket.heard()).toEqual([]);
  });
});

describe('[P13] holes', () => {
  test('[P13] a hole makes one JOIN with since, and what lies beyond is dropped until the answer', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(12, three), events(15, three), position(17));
    const { req, since } = t.socket.one('join');
    expect(since).toEqual([EPOCH, 10]);
    expect(t.seen).toEqual([]);
    t.say(resumed(req, { seq: 10 }), events(11, [...three, ...three]), events(17, three));
    expect(t.seen).toEqual([
      ['resumed', EPOCH, 10, 3, 0],
      ['events', EPOCH, 11, 6],
      ['events', EPOCH, 17, 3],
    ]);
    expect(t.socket.heard()).toEqual([]);
  });

  test('[P13] POSITION beyond the last event is a hole, one at it is not', () => {
    const t = inRoom({ seq: 10 });
    t.say(position(9), position(10));
    expect(t.socket.heard()).toEqual([]);
    t.say(position(11));
    expect(t.socket.one('join').since).toEqual([EPOCH, 10]);
  });

  test('[P13] events that close the hole while the JOIN is on its way are taken', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(12, three));
    const { req } = t.socket.one('join');
    t.say(events(11, three), resumed(req, { seq: 10 }), events(11, three));
    expect(t.seen).toEqual([
      ['events', EPOCH, 11, 3],
      ['resumed', EPOCH, 10, 3, 0],
    ]);
    expect(t.room.seq).toBe(13);
  });

  test('[P13] the answer may be a snapshot (P6)', () => {
    const t = inRoom({ seq: 10, state: { k: [1] } });
    t.say(position(500));
    t.say(joined(t.socket.one('join').req, { seq: 500, state: { k: [2] } }), events(501, three));
    expect(t.room.seq).toBe(503);
    expect(t.room.state.get('k')).toEqual(Uint8Array.of(2));
  });

  test('[P13] events of a newer epoch say nothing about those before: they are a hole', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(11, three, EPOCH + 1));
    expect(t.socket.one('join').since).toEqual([EPOCH, 10]);
    expect(t.seen).toEqual([]);
  });

  test('[P13] catch-ups that bring nothing slow down, and after four a snapshot is asked for', () => {
    const t = inRoom({ seq: 10 });
    const sinces: unknown[] = [];
    for (let i = 0; i < 5; i++) {
      t.say(position(99), events(60, three));
      if (i > 0) expect(t.socket.heard()).toEqual([]);
      if (i > 0) t.clock.advance(1_000);
      const { req, since } = t.socket.one('join');
      sinces.push(since);
      t.say(since === null ? joined(req, { seq: 99 }) : resumed(req, { seq: 10 }));
    }
    expect(sinces).toEqual([...Array(4).fill([EPOCH, 10]), null]);
    t.say(position(99));
    expect(t.socket.heard()).toEqual([]);
  });

  test('[P13] a catch-up that is never answered is asked again', () => {
    const t = inRoom({ seq: 10 });
    t.say(position(11));
    t.socket.one('join');
    t.clock.advance(5_000);
    expect(t.socket.heard().map((h) => h.op)).toEqual(['ping', 'join']);
  });
});

describe('[P14] SYNC', () => {
  test('[P14] replaces roster, state, position and number', () => {
    const t = inRoom({ seq: 10, me: 3, state: { old: [1] } });
    t.say(sync('owner', { epoch: EPOCH + 9, seq: 8, me: 2, roster: [1, 2], state: { new: [2] } }));
    expect([t.room.epoch, t.room.seq, t.room.me]).toEqual([EPOCH + 9, 8, 2]);
    expect([[...t.room.roster.keys()], [...t.room.state.keys()]]).toEqual([[1, 2], ['new']]);
    expect(t.seen).toEqual([['snapshot', 'owner', EPOCH + 9, 8, 2, 0]]);
    t.say(events(9, three, EPOCH + 9), events(11, three, EPOCH));
    expect(t.room.seq).toBe(11);
  });

  test('[P14] one that comes late or twice takes nothing back', () => {
    const t = inRoom({ seq: 10 });
    const late = sync('reset', { seq: 10, state: { k: [1] } });
    t.say(late, events(11, three), late);
    expect(t.room.seq).toBe(13);
  });

  test('[P14] SYNC before the answer to a JOIN joins the room; the answer then counts too', () => {
    const t = joining();
    const { req } = t.socket.one('join');
    t.say(sync('owner', { seq: 10 }));
    expect(t.room.phase).toBe('joined');
    t.say(events(11, three), joined(req, { seq: 13 }), events(14, three));
    expect(t.room.seq).toBe(16);
    t.clock.advance(6_000);
    expect(t.socket.heard()).toEqual([]);
  });
});

describe('what events do', () => {
  const all: Event[] = [
    { kind: 'joined', member: 4, user: 'ann', meta: Uint8Array.of(1) },
    { kind: 'status', member: 4, status: 0 },
    { kind: 'state', member: 4, cseq: 1, set: { a: [1], b: [2] }, del: ['b', 'k'] },
  ];

  test('roster and state follow', () => {
    const t = inRoom({ seq: 10, state: { k: [9] } });
    t.say(events(11, all));
    expect(t.room.roster.get(4)).toEqual({ user: 'ann', status: 'away', meta: Uint8Array.of(1) });
    expect([...t.room.state]).toEqual([['a', Uint8Array.of(1)]]);
    t.say(
      events(14, [
        { kind: 'status', member: 4, status: 1 },
        { kind: 'left', member: 3, reason: 1 },
      ]),
    );
    expect(t.room.roster.get(4)?.status).toBe('here');
  });

  test('status of a member that is in no roster (presence off) is passed over', () => {
    const t = inRoom({ seq: 10 });
    t.say(events(11, [{ kind: 'status', member: 77, status: 0 }]));
    expect([t.room.seq, t.room.roster.has(77)]).toEqual([11, false]);
  });

  test('being removed ends the room', () => {
    const t = inRoom({ seq: 10, me: 3 });
    t.say(events(11, [{ kind: 'left', member: 3, reason: 2 }, other()]));
    expect(t.seen.at(-1)).toEqual(['over', 'removed']);
  });

  test('[P10] a grace time that ended by mistake makes it join again', () => {
    const t = inRoom({ seq: 10, me: 3 });
    t.say(events(11, [{ kind: 'left', member: 3, reason: 1 }]));
    expect(t.socket.one('join').since).toEqual([EPOCH, 11]);
  });

  test('DIRECT is handed on, outside the sequence', () => {
    const t = inRoom();
    const got: unknown[] = [];
    const second = t.core.join('demo:2', null, { onDirect: (member, payload) => got.push([member, ...payload]) });
    t.say(joined(t.socket.one('join').req, { room: 'demo:2' }), encodeDirect('demo:2', 4, Uint8Array.of(5)));
    expect(got).toEqual([[4, 5]]);
    expect(second.seq).toBe(10);
    t.say(encodeDirect(ROOM, 0, Uint8Array.of(5)));
  });
});
