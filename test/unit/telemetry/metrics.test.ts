import { afterEach, describe, expect, test } from 'vitest';
import { Counters } from '../../../src/base/counters.ts';
import { COUNTER_ROWS, GAUGE_ROWS, type Gauges } from '../../../src/telemetry/metric-table.ts';
import { Metrics } from '../../../src/telemetry/metrics.ts';

const GAUGES: Gauges = {
  connections: 3,
  sessions: 2,
  lagging: 1,
  bufferedBytes: 9,
  bufferedMostBytes: 8,
  roomsOwned: 4,
  roomsRelayed: 5,
  members: 6,
  peers: 7,
};
const running: Metrics[] = [];

function metricsOf(node: string, counters: Counters, gauges = () => GAUGES): Metrics {
  const metrics = new Metrics(node, counters, gauges);
  running.push(metrics);
  return metrics;
}

afterEach(() => {
  for (const metrics of running.splice(0)) metrics.stop();
});

describe('the metric table', () => {
  test('has each counter exactly once, with a help text', () => {
    expect(COUNTER_ROWS.map(({ field }) => field).sort()).toEqual(Object.keys(new Counters()).sort());
    for (const { help } of [...COUNTER_ROWS, ...GAUGE_ROWS]) expect(help).toMatch(/^[A-Z].*\.$/);
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
    for (const { name } of GAUGE_ROWS) expect(name).not.toMatch(/_total$/);
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
});
