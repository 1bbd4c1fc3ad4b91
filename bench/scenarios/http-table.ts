import { table } from '../report/table.ts';
import { thousands } from './fanout-table.ts';
import type { HttpMedians, HttpRun } from './http-run.ts';
import { loadLine, ms } from './run-lines.ts';
import { percent } from './validity.ts';

const HEAD = [
  'path',
  'requests/s',
  'HTTP p50 ms',
  'p99 ms',
  'max ms',
  'CPU µs/request',
  'sockets p50 ms',
  'p99 ms',
  '÷ alone',
  'server',
  'swarm',
  '',
];

export function httpTable(runs: readonly HttpRun[], medians: readonly HttpMedians[]): string {
  const rows = runs.map((run) => [
    nameOf(run.path),
    ...(run.http === null
      ? ['', '', '', '']
      : [
          thousands(run.http.requestsPerSecond),
          run.http.p50Ms.toFixed(0),
          run.http.p99Ms.toFixed(0),
          run.http.maxMs.toFixed(0),
        ]),
    '',
    run.p50Ms.toFixed(2),
    run.p99Ms.toFixed(2),
    '',
    percent(run.serverShare),
    percent(run.swarmShare),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [
    `median ${nameOf(m.path)}`,
    ...(m.path === null
      ? ['', '', '', '', '']
      : [
          thousands(m.requestsPerSecond),
          m.httpP50Ms.toFixed(0),
          m.httpP99Ms.toFixed(0),
          m.httpMaxMs.toFixed(0),
          m.usPerRequest.toFixed(0),
        ]),
    m.p50Ms.toFixed(2),
    m.p99Ms.toFixed(2),
    m.path === null ? '' : m.p99Ratio.toFixed(2),
    percent(m.serverShare),
    percent(m.swarmShare),
    m.valid ? `of ${m.windows}` : 'INVALID',
  ]);
  const lines = medians.map(({ path }) =>
    loadLine(
      nameOf(path),
      runs.filter((run) => run.path === path),
      { of: (run) => run.p99Ms, text: ms, unit: 'ms p99 of messages' },
    ),
  );
  const notes = runs.flatMap((run) =>
    run.invalid.map((why) => `round ${run.round}, ${nameOf(run.path)}, does not count: ${why}`),
  );
  return [table(HEAD, [...rows, ...middles]), '', ...lines, ...notes].join('\n');
}

function nameOf(path: string | null): string {
  return path ?? 'sockets alone';
}
