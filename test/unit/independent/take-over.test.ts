/** The verdict where owners die: what a new epoch may take back, and what has to hold after it. */
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../support/independent/client-frames.ts';
import type { Entry } from '../../support/independent/ledger.ts';
import { type FaultRules, judge, type Verdict } from '../../support/independent/verdict.ts';
import { both, events, judged, jump, message, type Pair, pair, row } from './hand-written.ts';

const next = 2000;
const rows = [row(1), row(2)];
const anything: FaultRules = { mayTakeBack: () => true };
const nothing: FaultRules = { mayTakeBack: () => false };

const verdict = ({ a, b }: Pair, faults: FaultRules): Verdict => judge([judged(a), judged(b)], { faults });
const texts = (found: Verdict): string[] => found.violations.map(({ rule, harm, text }) => `${rule} ${harm}: ${text}`);

const newOwner = (seq: number, me: number, more: Partial<Entry> = {}): Entry =>
  jump(seq, me, rows, { epoch: next, cause: 'owner', ...more } as Partial<Entry>);
const later = (first: number, ...list: Parameters<typeof events>[1]): Entry => events(first, list, { epoch: next });

/** Of the commands a1, a2 at 3, 4 and b1 at 5. */
const doneUpTo = (seq: number) => ({
  a: { cseq: [3, 4].filter((one) => one <= seq).length } as Partial<Entry>,
  b: { cseq: [5].filter((one) => one <= seq).length } as Partial<Entry>,
});

/** The pair stands at 5; the next owner knows the room up to `seq`. */
function takeOver(seq: number): Pair {
  const p = pair();
  p.a.entries.push(newOwner(seq, 1, doneUpTo(seq).a));
  p.b.entries.push(newOwner(seq, 2, doneUpTo(seq).b));
  return p;
}

describe('the verdict over a take-over', () => {
  it('[P18] counts what an owner took along, and accepts it where the rules allow it', () => {
    const found = verdict(takeOver(4), anything);
    expect(texts(found)).toEqual([]);
    expect(found.takenBack).toBe(1);
  });

  it('[P18] calls it lost where the rules keep it', () => {
    expect(texts(verdict(takeOver(4), nothing))).toEqual(['P18 lost: 1000:5 is taken back by a later epoch']);
  });

  it('[P18] asks the rules once for each event that is gone', () => {
    const asked: number[] = [];
    verdict(takeOver(3), { mayTakeBack: (_room, { seq }) => asked.push(seq) > 0 });
    expect(asked).toEqual([4, 5]);
  });

  it('[P17] a command that was taken back and done again counts once', () => {
    const p = takeOver(4);
    both(p, later(5, message(2, 1, 'b1')));
    expect(texts(verdict(p, anything))).toEqual([]);
  });

  it('[P17] one that was kept and done again counts twice', () => {
    const p = takeOver(4);
    both(p, later(5, message(2, 1, 'a2')));
    expect(texts(verdict(p, anything)).join()).toContain('P15 doubled: a2 took effect 2 times: 1000:4, 2000:5');
  });

  it('[P11] both get the same truth from the new owner', () => {
    const p = pair();
    const { a, b } = doneUpTo(4);
    p.a.entries.push(newOwner(4, 1, { ...a, state: new Map([['k', bytesOf('v')]]) } as Partial<Entry>));
    p.b.entries.push(newOwner(4, 2, b));
    expect(texts(verdict(p, anything)).join()).toMatch(/P6 lost: state of the snapshot at 2000:4/);
  });

  it('[P13] a member that hears nothing of the new owner is behind', () => {
    const p = pair();
    p.a.entries.push(newOwner(4, 1, doneUpTo(4).a));
    expect(texts(verdict(p, anything))).toEqual(['P13 lost: ends at 1000:5, others at 2000:4']);
  });

  it('[P6] who is away may change with the owner, not later', () => {
    const away = [row(1, 0), row(2)];
    const { a, b } = doneUpTo(5);
    const p = pair();
    p.a.entries.push(newOwner(5, 1, { ...a, roster: away } as Partial<Entry>));
    p.b.entries.push(newOwner(5, 2, { ...b, roster: away } as Partial<Entry>));
    expect(texts(verdict(p, nothing))).toEqual([]);
    p.b.entries.push(newOwner(5, 2, b));
    expect(texts(verdict(p, nothing)).join()).toMatch(/P6 lost: roster of the snapshot at 2000:5/);
  });

  it('[P18] a command may be done in an event that only the dead owner and its log saw', () => {
    const p = takeOver(6);
    p.a.commands.set('a3', 'passed');
    expect(texts(verdict(p, nothing))).toEqual([]);
    p.a.commands.set('a4', 'passed');
    expect(texts(verdict(p, nothing))).toEqual(['P15 lost: a4 is done, but in no event']);
  });

  it('[P18] an owner that went on alone loses what it told after the next one began', () => {
    const p = takeOver(5);
    p.a.entries.splice(-1, 0, events(6, [message(1, 3, 'a3')]));
    p.a.commands.set('a3', 'seen');
    p.b.entries.push(later(6, message(2, 2, 'b2')));
    p.a.entries.push(later(6, message(2, 2, 'b2')));
    p.b.commands.set('b2', 'seen');
    expect(verdict(p, anything)).toMatchObject({ violations: [], takenBack: 1 });
    expect(texts(verdict(p, nothing))).toEqual(['P18 lost: 1000:6 is taken back by a later epoch']);
  });

  it('[P18] the cseq of each member tells what a new owner does not know, where its first answer comes late', () => {
    const p = pair();
    // It knew the room up to 4; what it did before it answered at 8 saw nobody.
    p.a.entries.push(newOwner(8, 1, doneUpTo(4).a));
    p.b.entries.push(newOwner(8, 2, doneUpTo(4).b), later(9, message(2, 1, 'b1')));
    p.a.entries.push(later(9, message(2, 1, 'b1')));
    expect(verdict(p, anything)).toMatchObject({ violations: [], takenBack: 1 });
    expect(texts(verdict(p, nothing))).toEqual(['P18 lost: 1000:5 is taken back by a later epoch']);
  });

  it('[P11] a new owner can not know a command without those before it', () => {
    const p = pair();
    p.a.entries.push(newOwner(3, 1, doneUpTo(3).a));
    p.b.entries.push(newOwner(3, 2, doneUpTo(5).b));
    expect(texts(verdict(p, anything))).toEqual(['P11 lost: epoch 2000: has cseq 1 of 2, but not 1000:5 before it']);
  });

  it('[P6] a state that came through unseen events has to be that of before, unless a command is among them', () => {
    const state = new Map([['k', bytesOf('v')]]);
    const p = pair();
    p.a.entries.push(newOwner(8, 1, { ...doneUpTo(5).a, state } as Partial<Entry>));
    p.b.entries.push(newOwner(8, 2, { ...doneUpTo(5).b, state } as Partial<Entry>));
    expect(texts(verdict(p, nothing))).toEqual(['P6 lost: state at 2000:8 is k=76, before it ']);
    p.a.commands.set('a3', 'passed');
    expect(texts(verdict(p, nothing))).toEqual([]);
  });

  it('[P11] may tell its first events under the old epoch to who has not heard of it yet', () => {
    const p = pair();
    p.a.entries.push(newOwner(5, 1, doneUpTo(5).a), later(6, message(1, 3, 'a3')));
    p.b.entries.push(events(6, [message(1, 3, 'a3')]), newOwner(6, 2, doneUpTo(5).b));
    p.a.commands.set('a3', 'seen');
    expect(verdict(p, nothing)).toMatchObject({ violations: [], takenBack: 0 });
  });

  it('[P18] another event in its place is one taken back', () => {
    const p = pair();
    p.a.entries.push(newOwner(5, 1, doneUpTo(5).a), later(6, message(1, 3, 'a3')));
    p.b.entries.push(events(6, [message(1, 3, 'a4')]), newOwner(6, 2, doneUpTo(5).b));
    p.a.commands.set('a3', 'seen').set('a4', 'seen');
    expect(texts(verdict(p, nothing))).toEqual(['P18 lost: 1000:6 is taken back by a later epoch']);
  });
});
