import { afterEach, describe, expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { Histogram } from '../../../src/base/histogram.ts';
import { COUNTER_ROWS, GAUGE_ROWS, type Gauges, HISTOGRAM_ROWS } from '../../../src/telemetry/metric-table.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';
import { allSeries } from '../../../src/telemetry/series.ts';

const GAUGES: Gauges = {
  ready: 1,
  connections: 3,
  sessions: 2,
  lagging: 1,
  bufferedBytes: 9,
  bufferedMostBytes: 8,
  roomsOwned: 4,
  roomsRelayed: 5,
  members: 6,
  peers: 7,
  roomsUnwritten: 10,
  framesHeld: 11,
  redisUp: 1,
  redisPingSec: 0.001,
  redisMemoryBytes: 100,
  redisMemoryBytesMax: null,
  redisKeys: 12,
  redisReplicas: 0,
  redisReplicationLagBytes: null,
  redisEvictions: 13,
  redisRefusals: 14,
};
const running: Metrics[] = [];

function metricsOf(
  node: string,
  counters: Counters,
  gauges = () => GAUGES,
  relayLag: Histogram | null = new Histogram([1]),
): Metrics {
  const metrics = new Metrics(node, counters, gauges, { relayLag, redisCalls: new Histogram([0.5, 1]) });
  running.push(metrics);
  return metrics;
}

afterEach(() => {
  for (const metrics of running.splice(0)) metrics.stop();
});

describe('the metric table', () => {
  test('has each counter exactly once, with a help text', () => {
    expect(COUNTER_ROWS.map(({ field }) => field).sort()).toEqual(Object.keys(new Counters()).sort());
    for (const { help } of [...COUNTER_ROWS, ...GAUGE_ROWS, ...HISTOGRAM_ROWS]) expect(help).toMatch(/^[A-Z].*\.$/);
  });

  test('has each gauge exactly once', () => {
    expect(GAUGE_ROWS.map(({ field }) => field).sort()).toEqual(Object.keys(GAUGES).sort());
  });

  test('names follow Prometheus: counters end in _total, a name has rows of one help text', () => {
    const helps = new Map<string, string>();
    for (const { name, help } of COUNTER_ROWS) {
      expect(name).toMatch(/^[a-z_]+_total$/);
      expect(helps.get(name) ?? help).toBe(help);
      helps.set(name, help);
    }
    for (const { name, type } of GAUGE_ROWS) expect(name.endsWith('_total')).toBe(type === 'counter');
    for (const { name } of HISTOGRAM_ROWS) expect(name).toMatch(/_seconds$/);
  });
});

describe('metrics', () => {
  test('show what was counted, under the name of the node', async () => {
    const counters = new Counters();
    const metrics = metricsOf('node-a', counters);
    counters.framesIn = 12;
    counters.badText = 2;
    const text = await metrics.text();
    expect(text).toContain('# TYPE roomcast_frames_in_total counter');
    expect(text).toContain('roomcast_frames_in_total{node="node-a"} 12');
    expect(text).toContain('roomcast_bad_frames_total{reason="text",node="node-a"} 2');
    expect(text).toContain('roomcast_bad_frames_total{reason="shape",node="node-a"} 0');
    expect(text).toContain('roomcast_rooms_owned{node="node-a"} 4');
    expect(text).toMatch(/roomcast_event_loop_delay_seconds\{quantile="0.99",node="node-a"\} \d/);
    expect(text).toMatch(/process_resident_memory_bytes\{node="node-a"\} \d+/);
  });

  test('are read anew at each scrape', async () => {
    const counters = new Counters();
    let connections = 1;
    const metrics = metricsOf('node-a', counters, () => ({ ...GAUGES, connections }));
    counters.joins = 1;
    await metrics.text();
    counters.joins = 5;
    connections = 9;
    const text = await metrics.text();
    expect(text).toContain('roomcast_joins_total{node="node-a"} 5');
    expect(text).toContain('roomcast_connections{node="node-a"} 9');
  });

  test('of two nodes in one process do not mix', async () => {
    const first = new Counters();
    const second = new Counters();
    first.joins = 1;
    second.joins = 2;
    const [a, b] = [metricsOf('a', first), metricsOf('b', second)];
    expect(await a.text()).toContain('roomcast_joins_total{node="a"} 1');
    expect(await b.text()).toContain('roomcast_joins_total{node="b"} 2');
    expect(await b.text()).not.toContain('node="a"');
  });

  test('are those of the table, all of them and no other, with its labels', async () => {
    const everything = Object.fromEntries(Object.keys(GAUGES).map((field) => [field, 1])) as unknown as Gauges;
    const text = await metricsOf('a', new Counters(), () => everything).text();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type }));
    const table = allSeries();
    expect(types.sort(byName)).toEqual(table.map(({ name, type }) => ({ name, type })).sort(byName));
    for (const [, sample = '', labels = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
      const name = sample.replace(/_(bucket|sum|count)$/, '');
      const row = table.find((one) => one.name === sample) ?? table.find((one) => one.name === name);
      const known = ['node', ...(row?.labels ?? [])];
      const used = [...labels.matchAll(/(\w+)="/g)].map(([, label]) => label ?? '');
      expect(used.filter((label) => !known.includes(label))).toEqual([]);
    }
  });

  test('leave out a number that nobody knows', async () => {
    let keys: number | null = 5;
    const metrics = metricsOf('a', new Counters(), () => ({ ...GAUGES, redisKeys: keys }), null);
    expect(await metrics.text()).toContain('roomcast_redis_keys{node="a"} 5');
    keys = null;
    expect(await metrics.text()).not.toMatch(/^roomcast_redis_keys/m);
    expect(await metrics.text()).not.toContain('roomcast_relay_lag_seconds');
  });

  test('of durations are cumulative, in seconds', async () => {
    const lag = new Histogram([1, 100]);
    for (const ms of [0.5, 1, 50, 2_000]) lag.note(ms);
    const text = await metricsOf('a', new Counters(), () => GAUGES, lag).text();
    const lines = text.split('\n').filter((line) => line.startsWith('roomcast_relay_lag_seconds'));
    expect(lines).toEqual([
      'roomcast_relay_lag_seconds_bucket{le="0.001",node="a"} 2',
      'roomcast_relay_lag_seconds_bucket{le="0.1",node="a"} 3',
      'roomcast_relay_lag_seconds_bucket{le="+Inf",node="a"} 4',
      'roomcast_relay_lag_seconds_sum{node="a"} 2.0515',
      'roomcast_relay_lag_seconds_count{node="a"} 4',
    ]);
  });
});

function byName(a: { name?: string | undefined }, b: { name?: string | undefined }): number {
  return (a.name ?? '') < (b.name ?? '') ? -1 : 1;
}
