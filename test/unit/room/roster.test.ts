import { expect, test } from 'vitest';
import { Reader } from '../../../src/protocol/reader.ts';
import { decodeMember, encodeMember, Member } from '../../../src/room/member.ts';
import { Roster } from '../../../src/room/roster.ts';

function member(number: number, sid = `s${number}`, meta: Uint8Array | null = null): Member {
  return new Member(number, { sid, user: `u${number}` }, meta);
}

test('numbers grow and are not used twice, whatever leaves', () => {
  const roster = new Roster(1);
  for (let i = 0; i < 3; i++) roster.add(member(roster.nextNumber));
  roster.remove(3);
  roster.remove(1);
  expect(roster.nextNumber).toBe(4);
  roster.load(member(9));
  expect(roster.nextNumber).toBe(10);
});

test('a member is found by number and by session until it is removed', () => {
  const roster = new Roster(1);
  roster.add(member(1));
  expect(roster.get(1)).toBe(roster.bySid('s1'));
  roster.remove(1);
  expect([roster.get(1), roster.bySid('s1'), roster.size]).toEqual([undefined, undefined, 0]);
});

test('[P8] the removal of an old membership leaves the new one of the same session', () => {
  const roster = new Roster(1);
  roster.add(member(1, 's'));
  roster.add(member(2, 's'));
  roster.remove(1);
  expect(roster.bySid('s')?.number).toBe(2);
});

test('what was added, touched or removed is dirty; what was loaded is not', () => {
  const roster = new Roster(1);
  roster.load(member(1));
  roster.load(member(2));
  roster.add(member(3));
  roster.touch(roster.get(2) as Member);
  expect([...roster.dirty].sort()).toEqual([2, 3]);
  roster.dirty.clear();
  roster.remove(1);
  expect([...roster.dirty]).toEqual([1]);
});

test('[P6] the encoded roster has status and meta of everybody, and follows changes', () => {
  const roster = new Roster(1);
  roster.add(member(1, 's1', new Uint8Array([7])));
  const reader = new Reader();
  reader.reset(roster.encode());
  expect([reader.array('roster'), reader.array('entry'), reader.uint('number')]).toEqual([1, 4, 1]);
  expect([reader.str('user'), reader.uint('status'), [...reader.bin('meta')]]).toEqual(['u1', 0, [7]]);
  const before = roster.encode();
  roster.add(member(2));
  expect(roster.encode()).not.toEqual(before);
});

test('[P8] a stored member comes back as it was', () => {
  const stored = member(5, 'sid', new Uint8Array([1, 2]));
  stored.cseq = 77;
  stored.generation = 3;
  const loaded = decodeMember(5, encodeMember(stored));
  expect(loaded).toMatchObject({ number: 5, sid: 'sid', user: 'u5', cseq: 77, generation: 3, here: false });
  expect(loaded.meta).toEqual(new Uint8Array([1, 2]));
});
