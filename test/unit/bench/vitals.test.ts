import { describe, expect, test } from 'vitest';
import { runLines } from '../../../bench/scenarios/run-lines.ts';
import { type Vitals, VitalsWatch, worstVitals } from '../../../bench/servers/vitals.ts';
import { fanoutRunOf } from './fanout-run-fixture.ts';

function vitals(p99: number, pauses: number, longestMs = 1): Vitals {
  return { seconds: 10, loopLateMs: { p50: 0, p99, max: p99 }, gc: { pauses, major: 0, totalMs: 20, longestMs } };
}

describe('vitals', () => {
  test('are those of a window that was begun, and can be taken again', () => {
    const watch = new VitalsWatch();
    expect(watch.end()).toBeNull();
    for (let window = 0; window < 2; window++) {
      watch.begin();
      const taken = watch.end();
      expect(taken?.loopLateMs.max).toBeGreaterThanOrEqual(0);
      expect(taken?.gc.pauses).toBeGreaterThanOrEqual(0);
    }
    expect(watch.end()).toBeNull();
  });

  test('of several servers are those of the one that was held up most', () => {
    expect(worstVitals([])).toBeNull();
    expect(worstVitals([vitals(4, 1, 9), vitals(2, 7, 3)])).toEqual(vitals(4, 7, 9));
  });
});

describe('what a run says of itself', () => {
  test('is its spread, how full the cores were, and what held the server up', () => {
    const runs = [1000, 1300, 1100].map((eventsPerCpuSecond) =>
      fanoutRunOf('raw', { eventsPerCpuSecond, serverShare: 0.9, othersShare: 0.02, vitals: vitals(3, 50, 2) }),
    );
    const text = runLines('raw', runs).join('\n');
    expect(text).toContain('raw: 3 of 3 runs count');
    expect(text).toContain('1 000 – 1 300 events/CPU-s');
    expect(text).toContain("server's 92 % full (2 % by others), generator's 50 % full");
    expect(text).toContain('late p99 3.0 ms, at most 3.0 ms; GC 5.0 pauses/s, 0.2 % of the time, at most 2.0 ms');
  });

  test('leaves out runs that do not count, unless there are no others', () => {
    const bad = fanoutRunOf('raw', { eventsPerCpuSecond: 5, invalid: ['a reason'] });
    expect(runLines('raw', [fanoutRunOf('raw'), bad])[1]).toContain('spread: 1 000 events/CPU-s');
    expect(runLines('raw', [bad])).toEqual(expect.arrayContaining(['raw: none of 1 run counts']));
  });
});
