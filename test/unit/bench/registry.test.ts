import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../bench/options.ts';
import { SCENARIOS } from '../../../bench/registry.ts';
import { Progress } from '../../../bench/report/progress.ts';
import { runAll, summary } from '../../../bench/run-all.ts';
import { withoutQuick } from '../../../bench/run-scenario.ts';
import type { Scenario } from '../../../bench/scenario.ts';
import { usage } from '../../../bench/usage.ts';

const quiet = new Progress(Object.assign(Object.create(process.stdout), { isTTY: false, write: () => true }));

function scenario(name: string, run: Scenario['run']): Scenario {
  return { name, about: '', options: {}, quick: {}, run };
}

describe('every scenario', () => {
  test('has a name of its own that is no word of the command line', () => {
    const names = SCENARIOS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name === 'all' || !/^[a-z][a-z-]*$/.test(name))).toEqual([]);
  });

  test.each(SCENARIOS.map((one) => [one.name, one] as const))('%s: what --quick sets could be typed', (_, one) => {
    const typed = Object.entries(one.quick).flatMap(([name, value]) => [`--${name}`, String(value)]);
    expect(parseOptions(one.options, typed)).toEqual(parseOptions(one.options, [], one.quick));
  });

  test('is in the list that the bench prints', () => {
    const text = usage(SCENARIOS);
    expect(SCENARIOS.filter(({ name }) => !text.includes(`npm run bench -- ${name}\n`))).toEqual([]);
  });
});

test('the list says of a scenario that all leaves out why', () => {
  expect(usage([{ ...scenario('far', () => Promise.reject()), apart: 'it takes a day' }])).toContain(
    'npm run bench -- far\n    \n    (not in all: it takes a day)',
  );
});

test('--quick is told from the options of a scenario', () => {
  expect(withoutQuick(['--runs', '2', '--quick'])).toEqual({ quick: true, rest: ['--runs', '2'] });
  expect(withoutQuick(['--runs', '2'])).toEqual({ quick: false, rest: ['--runs', '2'] });
});

describe('all', () => {
  test('goes on after a scenario that fails, and says which did', async () => {
    const begun: string[] = [];
    const failing = ['first', 'second'].map((name) =>
      scenario(name, () => {
        begun.push(name);
        throw new Error('no luck');
      }),
    );
    expect(await runAll(failing, [], true, quiet, () => false)).toBe(false);
    expect(begun).toEqual(['first', 'second']);
  });

  test('refuses an option before the first scenario', async () => {
    await expect(runAll([], ['--clients', '3'], true, quiet, () => false)).rejects.toThrow('--clients');
  });

  test('ends with a table', () => {
    const lines = summary([
      { name: 'fanout', seconds: 12.2, failures: [] },
      { name: 'relay', seconds: 0, failures: ['relay needs redis-server: apt-get install redis-server'] },
    ]).split('\n');
    expect(lines[2]).toMatch(/^fanout +12 s +ok$/);
    expect(lines[3]).toMatch(/^relay +0 s +failed$/);
    expect(lines[4]).toContain('apt-get install redis-server');
  });
});
