import { expect, test } from 'vitest';
import type { CannonResult } from '../../../bench/http/plan.ts';
import { brokenByHttp, type HttpRun, httpMedians } from '../../../bench/scenarios/http-run.ts';
import { httpTable } from '../../../bench/scenarios/http-table.ts';

function run(round: number, path: string | null, figures: Partial<HttpRun> = {}): HttpRun {
  const http: CannonResult = { requestsPerSecond: 1000, p50Ms: 1, p99Ms: 4, maxMs: 9, failed: 0 };
  return {
    round,
    path,
    http: path === null ? null : http,
    p50Ms: 1,
    p99Ms: 2,
    serverShare: 0.2,
    othersShare: 0,
    lateP99Ms: 0,
    invalid: [],
    swarmShare: 0.4,
    latencyUs: [],
    ...figures,
  };
}

const RUNS = [
  run(1, null),
  run(1, '/metrics', { p99Ms: 3, serverShare: 0.4 }),
  run(2, '/metrics', { p99Ms: 6, serverShare: 0.5 }),
  run(2, null, { p99Ms: 4, serverShare: 0.3 }),
];

test('a path is held against the sockets alone of the same round', () => {
  const medians = httpMedians('/metrics', RUNS);
  expect(medians).toMatchObject({ windows: 2, valid: true, requestsPerSecond: 1000, p99Ratio: 1.5 });
  expect(medians.usPerRequest).toBeCloseTo(200);
});

test('windows that do not count are left out', () => {
  const medians = httpMedians('/metrics', [...RUNS, run(3, '/metrics', { p99Ms: 900, invalid: ['others'] })]);
  expect(medians).toMatchObject({ windows: 2, p99Ms: 4.5 });
});

test('a request that failed fails the scenario', () => {
  const http: CannonResult = { requestsPerSecond: 1, p50Ms: 1, p99Ms: 1, maxMs: 1, failed: 2 };
  expect(brokenByHttp([...RUNS, run(3, '/readyz', { http })])).toEqual(['round 3, /readyz: 2 requests failed']);
});

test('the table shows the sockets alone without figures of HTTP', () => {
  const text = httpTable(
    RUNS,
    [null, '/metrics'].map((path) => httpMedians(path, RUNS)),
  );
  expect(text).toContain('median sockets alone');
  expect(text).not.toContain('NaN');
});
