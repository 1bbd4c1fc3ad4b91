import { expect, test } from 'vitest';
import { SCENARIOS } from '../../../bench/registry.ts';
import type { Result } from '../../../bench/report/read-results.ts';
import { reachedOf, TARGETS } from '../../../bench/report/targets.ts';

const FROM = {
  file: 'x.json',
  measuredAt: '2030-01-02T03:04:05.000Z',
  command: '',
  commit: null,
  modified: false,
  versions: {},
  cpu: '',
  cores: 2,
  kernel: '',
  memoryBytes: 0,
  failures: [],
};

function fanout(roomcast: number, options: object, valid = true): Result {
  const medians = [
    { server: 'raw uWS', room: 50, eventsPerCpuSecond: 100, valid: true },
    { server: 'Roomcast', room: 50, eventsPerCpuSecond: roomcast, valid },
  ];
  return { ...FROM, scenario: 'fanout', content: { options, medians } };
}

const WANTED = { clients: 500, room: [50], rate: [100], seconds: 10 };

function first(results: readonly Result[]): unknown {
  const { value, valid } = reachedOf(results)[0] ?? {};
  return { value, valid };
}

test('a target is read from the newest result of its load that counts', () => {
  expect(first([fanout(150, { ...WANTED, rate: [50] }), fanout(170, WANTED, false), fanout(160, WANTED)])).toEqual({
    value: 1.6,
    valid: true,
  });
});

test('a result that does not count is shown as such where there is no other, and none where its rows are not there', () => {
  expect(first([fanout(170, WANTED, false)])).toEqual({ value: 1.7, valid: false });
  const half = { ...FROM, scenario: 'fanout', content: { options: WANTED, medians: [] } };
  expect(first([half])).toEqual({ value: null, valid: true });
});

test('every target names a scenario that there is, and a command that measures it', () => {
  const names = SCENARIOS.map(({ name }) => name);
  for (const { scenario, command } of TARGETS) {
    expect(names).toContain(scenario);
    expect(command).toMatch(scenario === 'peers' ? /^npm run bench:peers$/ : `npm run bench -- ${scenario}`);
  }
});
