import { expect, test } from 'vitest';
import { chosenContenders } from '../../../bench/peers/contenders.ts';
import type { PeerRun } from '../../../bench/scenarios/peers-load.ts';
import { peerRow, peersTables } from '../../../bench/scenarios/peers-table.ts';
import { fanoutRunOf } from './fanout-run-fixture.ts';

const [ours, , theirs] = chosenContenders('fanout');
const tickers = chosenContenders('tick');

function peerRun(figures: Partial<PeerRun>): PeerRun {
  return { ...fanoutRunOf(''), offered: 10, behind: [], ...figures };
}

function rowOf(contender: typeof ours, ...runs: Partial<PeerRun>[]) {
  if (contender === undefined) throw new Error('no such contender');
  return peerRow(contender, runs.map(peerRun));
}

test('a row holds the medians of the runs that count, and what all of them lost', () => {
  const row = rowOf(
    ours,
    { eventsPerCpuSecond: 100, lost: 1 },
    { eventsPerCpuSecond: 900, lost: 2, invalid: ['others were busy'], behind: ['p99 300 ms'] },
    { eventsPerCpuSecond: 200, behind: ['p99 300 ms'] },
  );
  expect(row).toMatchObject({
    server: 'Roomcast',
    scenario: 'fanout',
    offered: 10,
    eventsPerCpuSecond: 150,
    valid: true,
    runs: 2,
    lost: 3,
    behind: 1,
  });
});

test('where no run counts, the row says so', () => {
  const row = rowOf(ours, { invalid: ['others were busy'] });
  expect([row.valid, row.runs]).toEqual([false, 1]);
  expect(peersTables([row], 'Roomcast')).toContain('INVALID');
});

test('each job has its table, with what Roomcast does times what the others do', () => {
  const text = peersTables(
    [
      rowOf(ours, { eventsPerCpuSecond: 900 }),
      rowOf(theirs, { eventsPerCpuSecond: 300 }),
      ...tickers.map((contender, i) => rowOf(contender, { offered: i === 0 ? 200 : 50 })),
    ],
    'Roomcast',
  );
  expect(text.match(/^ws .* 3\.00 × {2}of 1$/m)).not.toBeNull();
  expect(text.match(/^Colyseus .* 4\.00 × {2}of 1$/m)).not.toBeNull();
});

test('without Roomcast there are no ratios', () => {
  expect(peersTables([rowOf(theirs, {})], 'Roomcast')).toMatch(/^ws .* – {2}of 1$/m);
});

test('a choice takes a job or a server', () => {
  expect(chosenContenders('tick').map(({ server }) => server)).toEqual(['roomcast', 'colyseus']);
  expect(chosenContenders('colyseus').map(({ job }) => job)).toEqual(['fanout', 'tick']);
  expect(chosenContenders('all').filter(({ job }) => job === 'relay').length).toBe(5);
});
