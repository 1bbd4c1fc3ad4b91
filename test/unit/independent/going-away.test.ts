import { expect, it } from 'vitest';
import type { LinkEvents } from '../../support/independent/link.ts';
import { Player } from '../../support/independent/player.ts';

/** Connections that a test answers by hand, and timers that it lets run. */
function stage() {
  const links: LinkEvents[] = [];
  const cuts: number[] = [];
  const timers: { readonly afterMs: number; readonly run: () => void; isOff: boolean }[] = [];
  const player = new Player({
    name: 'a',
    urls: ['one'],
    open: (_url, events) => {
      const number = links.push(events);
      return { write: () => {}, cut: () => void cuts.push(number), pause: () => {}, resume: () => {} };
    },
    schedule: (afterMs, run) => {
      const timer = { afterMs, run, isOff: false };
      timers.push(timer);
      return () => {
        timer.isOff = true;
      };
    },
  });
  player.start();
  links[0]?.opened();
  links[0]?.frame({ op: 'welcome', sid: 's', resume: 'r', node: 'n', limits: new Map() });
  return { links, cuts, timers, player };
}

it('a player that is sent away stays until the time named, and comes back without back-off', () => {
  const { links, cuts, timers } = stage();
  links[0]?.frame({ op: 'goaway', reason: 'drain', afterMs: 700 });
  expect([links.length, cuts]).toEqual([1, []]);
  expect(timers.map(({ afterMs }) => afterMs)).toEqual([700]);
  timers[0]?.run();
  expect([links.length, cuts]).toEqual([2, [1]]);
});

it('one whose connection closes before that time comes back at that time, once', () => {
  const { links, timers } = stage();
  links[0]?.frame({ op: 'goaway', reason: 'drain', afterMs: 700 });
  links[0]?.closed(4000, 'drain', 0);
  expect([links.length, timers.length]).toEqual([1, 1]);
  timers[0]?.run();
  expect(links.length).toBe(2);
  links[1]?.closed(1006, '', 0);
  expect(timers[1]?.afterMs).toBeLessThanOrEqual(50);
});
