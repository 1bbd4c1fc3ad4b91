import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SCENARIOS } from '../../../bench/registry.ts';
import type { Chart } from '../../../bench/report/chart.ts';
import { writeReport } from '../../../bench/report/write-report.ts';
import { PEERS_CHARTS } from '../../../bench/scenarios/peers-charts.ts';
import { attributesOf, checkMarkup } from './svg-check.ts';

const BARS: Chart = { kind: 'bars', title: 'Speed', by: 'server', value: 'speed.each', unit: 'events', better: 'more' };
const CURVES: Chart = { kind: 'percentiles', title: 'Latency', by: 'server', histogram: 'latencyUs' };
const LINES: Chart = {
  kind: 'lines',
  title: 'Cost & size',
  by: 'server',
  x: 'room',
  xUnit: 'clients',
  value: 'cost',
  unit: 'µs',
  better: 'less',
  command: 'npm run bench -- race --room 2,4',
};

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roomcast-report-'));
  mkdirSync(join(folder, 'results'));
  mkdirSync(join(folder, 'docs'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function result(name: string, content: object): void {
  const from = {
    scenario: 'race',
    measuredAt: '2030-01-02T03:04:05.000Z',
    command: 'npm run bench -- race --runs 3',
    commit: '0123456789abcdef0123456789abcdef01234567',
    modified: false,
    versions: { node: '22.1.0', uWebSockets: '20.0.8' },
    cpu: 'Some CPU <fast>',
    cores: 2,
    memoryBytes: 1e9,
    kernel: '6.1',
  };
  writeFileSync(join(folder, 'results', name), JSON.stringify({ ...from, ...content }));
}

function run(server: string, each: number, invalid: readonly string[] = []) {
  return { server, speed: { each }, invalid };
}

function report(charts: readonly Chart[], name = 'race') {
  const done = writeReport([{ name, about: 'who is first', charts }], join(folder, 'results'), join(folder, 'docs'));
  const svg = (file: string) => readFileSync(join(folder, 'docs/benchmarks', file), 'utf8');
  return { ...done, text: readFileSync(done.page, 'utf8'), svg };
}

describe('bars', () => {
  test('are as long as the medians of the valid runs', () => {
    result('a.json', {
      runs: [
        run('raw', 100),
        run('Roomcast', 240),
        run('raw', 120),
        run('Roomcast', 260),
        run('raw', 9, ['generator was the limit']),
      ],
    });
    const { text, svg } = report([BARS]);
    checkMarkup(svg('race-speed.svg'));
    const widths = attributesOf(svg('race-speed.svg'), 'bar', 'width').map(Number);
    expect(widths).toHaveLength(2);
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(250 / 110, 2);
    expect(text).toContain('| raw | 110 | 100 – 120 | 2 |');
    expect(text).toContain('4 of 5 runs count; the others do not: generator was the limit.');
  });

  test('of what has no valid run are marked', () => {
    result('a.json', { runs: [run('raw', 100), run('Roomcast', 240, ['busy'])] });
    const { text, svg } = report([BARS]);
    expect(svg('race-speed.svg')).toContain('INVALID');
    expect(text).toContain('| Roomcast | 240 | 240 – 240 | 1 INVALID |');
  });

  test('stand in groups, and peers come with their own rows', () => {
    const row = (server: string, scenario: string, p99Ms: number) => {
      return { server, scenario, eventsPerCpuSecond: 2, offered: 3, p99Ms, valid: p99Ms < 50 };
    };
    const rows = [row('Roomcast', 'fanout', 2), row('ws', 'fanout', 8), row('ws', 'relay', 90), row('ws', 'tick', 9)];
    result('p.json', { scenario: 'peers', rows });
    const { text, svg, charts } = report(PEERS_CHARTS, 'peers');
    expect(charts).toBe(PEERS_CHARTS.length);
    const widths = attributesOf(
      svg('peers-roomcast-and-its-peers-latency-at-the-best-load-of-each.svg'),
      'bar',
      'width',
    ).map(Number);
    expect((widths[1] ?? 0) / (widths[0] ?? 1)).toBeCloseTo(4, 1);
    expect(text).toContain('| relay | ws | 90 | 90 – 90 | 1 INVALID |');
  });
});

describe('curves and lines', () => {
  test('curves rise with the percentile and are of all runs together', () => {
    const latencyUs = [
      [1_000, 90],
      [4_000, 9],
      [20_000, 1],
    ];
    result('a.json', {
      runs: [
        { server: 'raw', latencyUs },
        { server: 'raw', latencyUs },
      ],
    });
    const { text, svg } = report([CURVES]);
    checkMarkup(svg('race-latency.svg'));
    expect(text).toMatch(/\| raw \| 1\.0\d \| 1\.0\d \| 4\.0\d \| 20\.\d+ \| 20\.\d+ \|/);
    const [path = ''] = attributesOf(svg('race-latency.svg'), 'curve', 'd');
    const heights = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((match) => Number(match[1]));
    expect(heights.length).toBeGreaterThan(20);
    expect(heights.toSorted((a, b) => b - a)).toEqual(heights);
  });

  test('a line has its points at the sizes, from 0', () => {
    const point = (room: number, cost: number) => ({ server: 'raw', room, cost });
    result('a.json', { runs: [point(2, 30), point(4, 10), point(8, 20)] });
    const { svg } = report([LINES]);
    checkMarkup(svg('race-cost-size.svg'));
    const at = (name: string) => attributesOf(svg('race-cost-size.svg'), 'point', name).map(Number);
    const [x2 = 0, x4 = 0, x8 = 0] = at('cx');
    expect((x8 - x2) / (x4 - x2)).toBeCloseTo(3, 1);
    const [y30 = 0, y10 = 0, y20 = 0] = at('cy');
    expect((y10 - y30) / (y10 - y20)).toBeCloseTo(2, 1);
  });

  test('a sweep is for the charts against size, a single size for the others', () => {
    const point = (room: number, each: number) => ({ ...run('raw', each), room, cost: each });
    result('sweep.json', { measuredAt: '2030-02-01T00:00:00Z', runs: [point(2, 7), point(4, 8)] });
    result('single.json', { runs: [point(2, 5)] });
    const { text } = report([{ ...BARS, same: ['room'] }, LINES]);
    expect(text).toContain('| raw | 5 |');
    expect(text).toContain('| raw | 7 (7 – 7) | 8 (8 – 8) |');
  });
});

describe('the page', () => {
  test('shows the newest valid result with where it is from', () => {
    result('old.json', { measuredAt: '2029-01-01T00:00:00Z', runs: [run('raw', 1)] });
    result('new.json', { runs: [run('raw', 2)], failures: ['raw: 3 lost'] });
    result('bad.json', { measuredAt: '2031-01-01T00:00:00Z', runs: [run('raw', 3, ['busy'])] });
    result('quick.json', { measuredAt: '2032-01-01T00:00:00Z', quick: true, runs: [run('raw', 4)] });
    const { text } = report([BARS]);
    expect(text).toContain('| raw | 2 |');
    expect(text).toContain(
      '`npm run bench -- race --runs 3`, commit 0123456789ab, 2030-01-02; Some CPU <fast>, 2 cores',
    );
    expect(text).toContain('node 22.1.0, uWebSockets 20.0.8');
    expect(text).toContain('**Failed:** raw: 3 lost.');
  });

  test('says INVALID where nothing valid is there', () => {
    result('bad.json', { runs: [run('raw', 3, ['swarm was the limit'])] });
    expect(report([BARS]).text).toContain('**INVALID**, none of the 1 runs counts: swarm was the limit.');
  });

  test('says what to run where a result is missing, and drops charts of before', () => {
    result('a.json', { runs: [run('raw', 1)] });
    report([BARS]);
    rmSync(join(folder, 'results/a.json'));
    const { text, missing } = report([BARS, LINES]);
    expect(text).toContain('No result yet: `npm run bench -- race`');
    expect(missing).toEqual(['npm run bench -- race', 'npm run bench -- race --room 2,4']);
    expect(readdirSync(join(folder, 'docs/benchmarks'))).toEqual([]);
  });

  test('names files that are none, and goes on', () => {
    writeFileSync(join(folder, 'results/broken.json'), '{');
    writeFileSync(join(folder, 'results/foreign.json'), '{"name":"a package"}');
    writeFileSync(join(folder, 'results/list.json'), '[]');
    result('of-another.json', { scenario: 'gone', runs: [run('raw', 1)] });
    result('odd-rows.json', {
      measuredAt: '2031-01-01T00:00:00Z',
      runs: [null, 7, { server: 'raw' }, run('raw', Number.NaN)],
    });
    result('good.json', { runs: [run('raw', 2)] });
    const { text, skipped } = report([BARS]);
    expect(skipped.map((why) => why.split(':')[0]).sort()).toEqual([
      'broken.json',
      'foreign.json',
      'list.json',
      'of-another.json',
    ]);
    expect(text).toContain('| raw | 2 |');
  });

  test('text from a result can not break a chart', () => {
    result('a.json', { runs: [run('<b> & "c"', 2)] });
    const { svg } = report([BARS]);
    checkMarkup(svg('race-speed.svg'));
    expect(svg('race-speed.svg')).toContain('&lt;b&gt; &amp; ');
  });
});

test('charts of a scenario have titles of their own', () => {
  for (const { name, charts = [] } of SCENARIOS) {
    const titles = charts.map(({ title }) => title.toLowerCase());
    expect(new Set(titles).size, name).toBe(titles.length);
  }
});
