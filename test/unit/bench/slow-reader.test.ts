import { describe, expect, test } from 'vitest';
import type { Sample } from '../../../bench/host/sample.ts';
import {
  brokenByReaders,
  type Kind,
  ratiosOf,
  type SlowReaderRun,
  slowReaderRun,
} from '../../../bench/scenarios/slow-reader-run.ts';
import { slowReaderMedians, slowReaderTable } from '../../../bench/scenarios/slow-reader-table.ts';
import { parseBuffered } from '../../../bench/swarm/buffered.ts';
import { Histogram } from '../../../bench/swarm/histogram.ts';
import type { Window } from '../../../bench/swarm/swarm.ts';
import { newTallyMemory, sumTallies, Tally } from '../../../bench/swarm/tally.ts';

const LIMIT = 1_000_000;
const LOAD = { messagesPerSecond: 1_000, serverCores: [0], swarmCores: [1] };

/** `serverCpu` of ten seconds; everything else idle. */
function windowOf(part: Partial<Window> = {}, serverCpu = 3): Window {
  const tally = sumTallies([new Tally(newTallyMemory())]);
  const cores = (busy: number) => [
    { core: 0, busy, idle: 10 - busy, stolen: 0 },
    { core: 1, busy: 1, idle: 9, stolen: 0 },
  ];
  const none = cores(0).map((core) => ({ ...core, busy: 0, idle: 0 }));
  const from: Sample = { atMs: 0, tally, serverCpu: 0, serverCpus: [0], serverBytes: 50e6, swarmCpu: 0, cores: none };
  const to: Sample = { ...from, atMs: 10_000, tally: { ...tally, sent: 10_000 }, serverCpu, cores: cores(serverCpu) };
  const latency = new Histogram();
  for (let us = 1_000; us <= 100_000; us += 1_000) latency.record(us);
  return {
    is: 'window',
    from,
    to,
    residentMostBytes: 53e6,
    buffered: { bytes: 2_500, mostBytes: 2_000, lagging: 1 },
    outcomes: [{ got: 'snapshot', afterMs: 12 }],
    latencyUs: latency.pairs(),
    lateUs: [[100, 1_000]],
    ...part,
  };
}

function runOf(round: number, kind: Kind, p99Ms: number, part: Partial<SlowReaderRun> = {}): SlowReaderRun {
  return { ...slowReaderRun(round, kind, windowOf(), LOAD), p99Ms, ...part };
}

/** Rounds with these p99s: quiet, control, one. */
function rounds(...figures: [number, number, number][]): SlowReaderRun[] {
  return figures.flatMap(([quiet, control, one], i) => [
    runOf(i + 1, 'quiet', quiet),
    runOf(i + 1, 'control', control),
    runOf(i + 1, 'one', one),
  ]);
}

describe('a window', () => {
  test('has the latencies of those who read, and what the others cost', () => {
    const run = slowReaderRun(2, 'one', windowOf(), LOAD);
    expect(run).toMatchObject({
      round: 2,
      kind: 'one',
      stopped: 1,
      grownBytes: 3e6,
      bufferedMostBytes: 2_000,
      lagging: 1,
    });
    expect([run.p50Ms, run.p99Ms, run.maxMs].map(Math.round)).toEqual([50, 99, 100]);
    expect([run.serverShare, run.othersShare, run.invalid]).toEqual([0.3, 0, []]);
  });

  test('does not count when the server is near its limits', () => {
    expect(slowReaderRun(1, 'quiet', windowOf({}, 8), LOAD).invalid).toEqual(['server 80 % busy']);
  });

  test('does not count when the kernel held what the reader did not take', () => {
    const unfelt = windowOf({ outcomes: [{ got: 'everything', afterMs: 1 }] });
    expect(slowReaderRun(1, 'one', unfelt, LOAD).invalid).toEqual(['the readers that stopped never lagged']);
  });

  test('does not count when messages were sent late', () => {
    expect(slowReaderRun(1, 'quiet', windowOf({ lateUs: [[30_000, 10]] }), LOAD).invalid).toHaveLength(1);
  });
});

describe('ratios', () => {
  const p99 = (run: SlowReaderRun) => run.p99Ms;

  test('hold a window against the quiet one of its round', () => {
    expect(ratiosOf(rounds([2, 2, 3], [4, 4, 4]), 'one', p99)).toEqual([1.5, 1]);
  });

  test('leave rounds out where one of the two does not count', () => {
    const runs = rounds([2, 2, 3], [4, 4, 4], [1, 1, 2]).map((run) => {
      const isOut = (run.round === 1 && run.kind === 'one') || (run.round === 3 && run.kind === 'quiet');
      return isOut ? { ...run, invalid: ['a reason'] } : run;
    });
    expect(ratiosOf(runs, 'one', p99)).toEqual([1]);
  });
});

describe('what is broken', () => {
  test('nothing, when all is within its limits', () => {
    expect(brokenByReaders(rounds([1, 1, 1.09], [1, 1, 1.05], [1, 1, 1.2]), LIMIT)).toEqual([]);
  });

  test('a reader for which more than twice the limit waits', () => {
    const run = runOf(4, 'one', 1, { bufferedMostBytes: 2 * LIMIT + 1 });
    expect(brokenByReaders([run], LIMIT)).toEqual([`round 4: ${2 * LIMIT + 1} bytes waited for one reader`]);
  });

  test('a reader that does not get back', () => {
    expect(brokenByReaders([runOf(1, 'one', 1, { outcomes: [null] })], LIMIT)).toHaveLength(1);
  });

  test('a p99 that moves by more than 10 %, where the control says that it is no noise', () => {
    const moved: [number, number, number][] = [
      [1, 1, 1.2],
      [1, 1, 1.3],
      [1, 1, 1.1],
    ];
    expect(brokenByReaders(rounds(...moved), LIMIT)).toEqual(['one reader moves the p99 of the others 1.20 ×']);
    expect(brokenByReaders(rounds(...moved.slice(0, 2)), LIMIT)).toEqual([]);
    const noisy = moved.map(([quiet, , one]): [number, number, number] => [quiet, 1.5, one]);
    expect(brokenByReaders(rounds(...noisy), LIMIT)).toEqual([]);
  });
});

describe('the table', () => {
  test('says by how much the p99 of the others moved, and whether that is within the promise', () => {
    const runs = rounds([1, 1, 1.05], [1, 0.9, 1.02], [1, 1.1, 1.08]);
    const text = slowReaderTable(runs, slowReaderMedians(runs));
    expect(text).toContain('p99, none, again ÷ none: 1.00 (median of 3 rounds, 0.90 to 1.10)');
    expect(text).toContain('p99, one stopped ÷ none: 1.05 (median of 3 rounds, 1.02 to 1.08); at most 1.10');
    expect(text).toContain('snapshot in 12 ms');
  });

  test('says so where too few rounds count', () => {
    const runs = rounds([1, 1, 1.05]);
    expect(slowReaderTable(runs, slowReaderMedians(runs))).toContain('only 1 rounds count, too few');
  });

  test('takes medians of valid windows only', () => {
    const runs = [runOf(1, 'quiet', 1), runOf(2, 'quiet', 90, { invalid: ['a reason'] }), runOf(3, 'quiet', 3)];
    expect(slowReaderMedians(runs)).toMatchObject([{ kind: 'quiet', windows: 2, valid: true, p99Ms: 2 }]);
  });
});

test('what waits is read out of the metrics of a node', () => {
  const metrics = [
    '# HELP roomcast_buffered_bytes Bytes',
    'roomcast_buffered_bytes{node="a"} 12345',
    'roomcast_buffered_most_bytes{node="a"} 1.5e+6',
    'roomcast_lagging{node="a"} 2',
    'roomcast_lagged_total{node="a"} 7',
  ];
  expect(parseBuffered(metrics.join('\n'))).toEqual({ bytes: 12_345, mostBytes: 1_500_000, lagging: 2 });
  expect(() => parseBuffered('')).toThrow('roomcast_buffered_bytes');
});
