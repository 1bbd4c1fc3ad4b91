/** Planted violations one by one: two hand-written ledgers that are right, and what each change must bring out. */
import { describe, expect, it } from 'vitest';
import { bytesOf } from '../../support/independent/client-frames.ts';
import type { Entry } from '../../support/independent/ledger.ts';
import { judge } from '../../support/independent/verdict.ts';
import {
  both,
  epoch,
  events,
  joined,
  judged,
  jump,
  message,
  type Pair,
  pair,
  resumed,
  room,
  row,
} from './hand-written.ts';

function rulesOf({ a, b }: Pair): string[] {
  const { violations } = judge([judged(a), judged(b)]);
  return [...new Set(violations.map(({ rule }) => rule))].sort();
}

type Plant = (pair: Pair) => void;

const plants: readonly (readonly [string, string, Plant])[] = [
  ['P11', 'different events at one place', ({ b }) => b.entries.splice(1, 1, events(3, [message(1, 1, 'a9')]))],
  ['P11', 'an event that nobody sent', (p) => both(p, events(6, [message(2, 2, 'x1')]))],
  ['P11', 'an event of one who is no member', (p) => both(p, events(6, [{ kind: 'status', member: 7, status: 0 }]))],
  ['P12', 'seq back by a snapshot on one connection', (p) => p.b.entries.push(jump(3, 2, [row(1), row(2)]))],
  ['P12', 'an epoch that goes back', (p) => p.b.entries.push(events(6, [message(1, 3, 'a3')], { epoch: 999 }))],
  ['P12', 'a frame of old events', (p) => p.b.entries.push(events(3, [message(1, 1, 'a1')]))],
  [
    'P13',
    'a hole that stays',
    (p) => {
      p.a.commands.set('a3', 'passed').set('a4', 'passed');
      p.a.entries.push(events(6, [message(1, 3, 'a3')]), events(7, [message(1, 4, 'a4')]));
      p.b.entries.push(events(7, [message(1, 4, 'a4')]));
    },
  ],
  ['P13', 'a POSITION that nothing follows', (p) => p.b.entries.push({ what: 'position', link: 1, epoch, seq: 6 })],
  ['P13', 'a member that misses the end', ({ b }) => b.entries.splice(2, 1, events(4, [message(1, 2, 'a2')]))],
  ['P6', 'events before JOINED', ({ b }) => b.entries.push(events(6, [joined(3)], { link: 2 }))],
  ['P6', 'a roster without me', ({ b }) => b.entries.splice(0, 1, jump(2, 2, [row(1)]))],
  [
    'P6',
    'a state that no event made',
    ({ b }) => b.entries.splice(0, 1, jump(2, 2, [row(1), row(2)], { state: new Map([['k', bytesOf('v')]]) })),
  ],
  ['P7', 'a replay that starts late', (p) => p.b.entries.push(resumed(3, 5, 2), events(7, [message(2, 2, 'b2')]))],
  ['P7', 'a room that stands before since', (p) => p.b.entries.push(resumed(5, 4, 2))],
  ['P8', 'a second number without a leave', (p) => p.b.entries.push(jump(5, 1, [row(1), row(2)]))],
  ['P8', 'a number used again', (p) => both(p, events(6, [{ kind: 'left', member: 2, reason: 0 }, joined(2)]))],
  ['P15', 'a command twice', (p) => both(p, events(6, [message(1, 3, 'a2')]))],
  ['P15', 'a done command in no event', ({ a }) => a.commands.set('a3', 'passed')],
  ['P15', 'a refused command in the history', ({ a }) => a.commands.set('a1', 'refused')],
  ['P15', 'a command never answered', ({ a }) => a.commands.set('a3', 'open')],
  [
    'P15',
    'commands in another order than given',
    ({ a }) => {
      a.commands.delete('a1');
      a.commands.set('a1', 'passed');
    },
  ],
  [
    'P15',
    'a command under the number of another',
    ({ a, b }) => {
      a.commands.delete('a2');
      b.commands.set('a2', 'passed');
    },
  ],
  [
    'P15',
    'a cseq that does not grow',
    (p) => {
      p.a.commands.set('a3', 'passed');
      both(p, events(6, [message(1, 2, 'a3')]));
    },
  ],
  [
    'P15',
    'an event of the server with a cseq',
    (p) => {
      p.b.commands.set('s1', 'passed');
      both(p, events(6, [message(0, 4, 's1')]));
    },
  ],
  [
    'P18',
    'a room taken back by a new owner',
    (p) => both(p, jump(4, 2, [row(1), row(2)], { epoch: 2000, cause: 'owner' } as Partial<Entry>)),
  ],
  ['client', 'what the player itself saw', ({ a }) => a.faults.push('JOINED for a request that is not open')],
  ['test', 'events that nobody saw', (p) => both(p, jump(9, 2, [row(1), row(2)]))],
];

describe('the verdict over hand-written ledgers', () => {
  it('[P11] is empty for two that are right', () => {
    expect(rulesOf(pair())).toEqual([]);
  });

  it('[P15] allows a passed command in no event only where rooms refuse commands', () => {
    const { a } = pair();
    a.commands.set('a3', 'passed');
    const player = { name: 'a', faults: [], ledgers: new Map([[room, a]]) };
    const texts = (mayRefuse: boolean) => judge([player], { mayRefuse }).violations.map(({ text }) => text);
    expect(texts(false)).toContain('a3 is done, but in no event');
    expect(texts(true)).not.toContain('a3 is done, but in no event');
    a.commands.set('a3', 'seen');
    expect(texts(true)).toContain('a3 is done, but in no event');
  });

  it('[P12] allows a frame that overlaps, and a hole that JOIN closes', () => {
    const right = pair();
    right.a.commands.set('a3', 'passed').set('a4', 'passed');
    right.a.entries.push(events(5, [message(2, 1, 'b1'), message(1, 3, 'a3')]), events(7, [message(1, 4, 'a4')]));
    right.b.entries.push(events(7, [message(1, 4, 'a4')]), resumed(5, 7, 2));
    right.b.entries.push(events(6, [message(1, 3, 'a3'), message(1, 4, 'a4')]));
    expect(rulesOf(right)).toEqual([]);
  });

  it.each(plants)('[%s] finds %s', (rule, _what, plant) => {
    const wrong = pair();
    plant(wrong);
    expect(rulesOf(wrong)).toContain(rule);
  });
});
