import { expect, test } from 'vitest';
import { median } from '../../../bench/report/median.ts';
import { progressLine } from '../../../bench/report/progress.ts';
import { table } from '../../../bench/report/table.ts';

test('the median is the middle, or the mean of both middles', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([])).toBeNaN();
});

test('a table aligns names left and numbers right', () => {
  expect(
    table(
      ['server', 'n'],
      [
        ['a', '10'],
        ['long name', '5'],
      ],
    ),
  ).toBe(['server      n', '─────────  ──', 'a          10', 'long name   5'].join('\n'));
});

test('progress stays within its bar', () => {
  expect(progressLine(0.5, 'x')).toBe(`[${'█'.repeat(12)}${'·'.repeat(12)}]  50 %  x`);
  expect(progressLine(7, 'x')).toContain('100 %');
  expect(progressLine(-1, 'x')).toContain('  0 %');
});
