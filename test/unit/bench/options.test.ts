import { expect, test } from 'vitest';
import { OptionFault, parseOptions } from '../../../bench/options.ts';

const TABLE = {
  clients: { about: '', default: 500, min: 1, max: 1000, whole: true },
  rate: { about: '', default: 10, min: 0.5, max: 100, whole: false },
  only: { about: '', default: 'both', choices: ['both', 'raw'] },
  quick: { about: '', default: false },
} as const;

test('what is not given has its default', () => {
  expect(parseOptions(TABLE, [])).toEqual({ clients: 500, rate: 10, only: 'both', quick: false });
});

test('both ways of writing a value work', () => {
  expect(parseOptions(TABLE, ['--clients', '20', '--rate=0.5', '--only', 'raw'])).toEqual({
    clients: 20,
    rate: 0.5,
    only: 'raw',
    quick: false,
  });
});

test('a flag is on when it is given', () => {
  expect(parseOptions(TABLE, ['--quick', '--clients', '20']).quick).toBe(true);
});

test.each([
  [['--players', '3'], /--players.*\n.*--clients, --rate, --only, --quick/],
  [['20'], /20/],
  [['--clients'], /--clients/],
  [['--clients', 'many'], /--clients is "many"; it must be a whole number from 1 to 1000/],
  [['--clients', '1.5'], /whole number/],
  [['--clients='], /--clients is ""/],
  [['--clients', '1001'], /from 1 to 1000/],
  [['--rate', 'Infinity'], /a number from 0.5 to 100/],
  [['--quick=yes'], /--quick/],
  [['--only', 'none'], /--only is "none"; it can be both, raw/],
])('%j is refused with a reason', (args, reason) => {
  expect(() => parseOptions(TABLE, args)).toThrow(OptionFault);
  expect(() => parseOptions(TABLE, args)).toThrow(reason);
});
