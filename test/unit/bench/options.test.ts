import { expect, test } from 'vitest';
import { OptionFault, parseOptions } from '../../../bench/options.ts';

const TABLE = {
  clients: { about: '', default: 500, min: 1, max: 1000, whole: true },
  rate: { about: '', default: 10, min: 0.5, max: 100, whole: false },
  only: { about: '', default: 'both', choices: ['both', 'raw'] },
} as const;

test('what is not given has its default', () => {
  expect(parseOptions(TABLE, [])).toEqual({ clients: 500, rate: 10, only: 'both' });
});

test('both ways of writing a value work', () => {
  expect(parseOptions(TABLE, ['--clients', '20', '--rate=0.5', '--only', 'raw'])).toEqual({
    clients: 20,
    rate: 0.5,
    only: 'raw',
  });
});

test.each([
  [['--players', '3'], /--players.*\n.*--clients, --rate, --only/],
  [['20'], /20/],
  [['--clients'], /--clients/],
  [['--clients', 'many'], /--clients is "many"; it must be a whole number from 1 to 1000/],
  [['--clients', '1.5'], /whole number/],
  [['--clients='], /--clients is ""/],
  [['--clients', '1001'], /from 1 to 1000/],
  [['--rate', 'Infinity'], /a number from 0.5 to 100/],
  [['--only', 'none'], /--only is "none"; it can be both, raw/],
])('%j is refused with a reason', (args, reason) => {
  expect(() => parseOptions(TABLE, args)).toThrow(OptionFault);
  expect(() => parseOptions(TABLE, args)).toThrow(reason);
});

test('what --quick sets goes before defaults, and what is given before both', () => {
  expect(parseOptions(TABLE, ['--rate', '5'], { clients: 20, rate: 1 })).toEqual({
    clients: 20,
    rate: 5,
    only: 'both',
  });
});

test('a list is one number or several', () => {
  const table = {
    room: { about: '', default: [50], min: 1, max: 1000, whole: true },
  } as const;
  expect(parseOptions(table, [])).toEqual({ room: [50] });
  expect(parseOptions(table, ['--room', '2,10,50'])).toEqual({ room: [2, 10, 50] });
  expect(parseOptions(table, ['--room=7'])).toEqual({ room: [7] });
  expect(() => parseOptions(table, ['--room', '2,,5'])).toThrow(
    '--room is ""; it must be a whole number from 1 to 1000',
  );
});
