/** Alert rules and dashboard ask for nothing that the metric table does not have. promtool itself: test/infra/prometheus.test.ts. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { allSeries } from '../../../src/telemetry/series.ts';

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string };
}

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const alerts = parse(file('infra/prometheus/alerts.yml')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(file('infra/grafana/roomcast.json')) as { panels: readonly Panel[] };
const expressions = dashboard.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));

const series = allSeries();
const samples = new Set([
  // Prometheus' own: whether it could scrape.
  'up',
  ...series.flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
]);
const labels = new Set(['job', 'instance', 'node', ...series.flatMap((one) => one.labels)]);
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'ignoring', 'on', 'by', 'without']);

/** The names in an expression of PromQL: what it selects, and by which labels. */
function namesIn(expr: string): { metrics: string[]; labels: string[] } {
  const found: string[] = [];
  const selected = expr
    .replace(/"[^"]*"/g, '')
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(?:by|without|on|ignoring) \(([^)]*)\)/g, (_, list: string) => {
      found.push(...list.split(',').map((label) => label.trim()));
      return ' ';
    })
    .replace(/\{([^}]*)\}/g, (_, list: string) => {
      found.push(...(list.match(/[a-z_]\w*/gi) ?? []));
      return ' ';
    });
  const names = [...selected.matchAll(/(?<![\w.])([a-z_:][\w:]*)(?!\w|\s*\()/gi)].map(([, name = '']) => name);
  return { metrics: names.filter((name) => !KEYWORDS.has(name)), labels: found };
}

describe('the names in an expression', () => {
  it('are found wherever they stand', () => {
    const expr =
      'max(rate(a_total{b="c_d",e=~"f"}[1m])) by (g) > 1e3 and on (h) sum by (i, le) (j:k / l) or m offset 5m';
    expect(namesIn(expr)).toEqual({ metrics: ['a_total', 'j:k', 'l', 'm'], labels: ['g', 'h', 'i', 'le', 'b', 'e'] });
  });
});

describe.each([
  ['infra/prometheus/alerts.yml', rules.map(({ expr }) => expr)],
  ['infra/grafana/roomcast.json', expressions],
])('%s', (_, all) => {
  it('selects series of the table only, by labels that they have', () => {
    expect(all.length).toBeGreaterThan(15);
    const names = all.map(namesIn);
    expect(names.flatMap(({ metrics }) => metrics).filter((name) => !samples.has(name))).toEqual([]);
    expect(names.flatMap((one) => one.labels).filter((label) => !labels.has(label))).toEqual([]);
    // An expression without a series is one that this test has not understood.
    expect(names.filter(({ metrics }) => metrics.length === 0)).toEqual([]);
  });
});

describe('alerts', () => {
  it('have names of their own, a severity and a summary', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels: set, annotations } of rules) {
      expect(alert).toMatch(/^Roomcast[A-Z]\w+$/);
      expect(['page', 'ticket'], alert).toContain(set.severity);
      expect(annotations.summary.length, alert).toBeGreaterThan(10);
    }
  });

  it('cover each warning of the log, and what nodes do to each other', () => {
    const watched = [
      'roomcast_redis_evicted_keys_total',
      'roomcast_redis_memory_used_bytes',
      'roomcast_redis_up',
      'roomcast_relay_lag_seconds_bucket',
      'roomcast_redis_refused_calls_total',
      'roomcast_room_fenced_total',
      'roomcast_room_take_overs_total',
      'roomcast_event_loop_delay_seconds',
      'up',
    ];
    const used = new Set(rules.flatMap(({ expr }) => namesIn(expr).metrics));
    expect(watched.filter((name) => !used.has(name))).toEqual([]);
  });
});

describe('scrape configurations', () => {
  it('ask each node of the compose file at its port, under the job that the alerts name', () => {
    const compose = parse(file('docker-compose.cluster.yml'), { merge: true }) as { services: object };
    const nodes = Object.keys(compose.services).filter((name) => /^node\d/.test(name));
    const config = parse(file('infra/prometheus/prometheus.yml')) as {
      scrape_configs: readonly { job_name: string; static_configs: readonly { targets: readonly string[] }[] }[];
    };
    const [job] = config.scrape_configs;
    expect(job?.static_configs[0]?.targets).toEqual(nodes.map((name) => `${name}:3000`));
    expect(rules.some(({ expr }) => expr.includes(`job="${job?.job_name}"`))).toBe(true);
  });
});

describe('the dashboard', () => {
  it('has each panel once, and each of them something to show', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const empty = dashboard.panels.filter((panel) => panel.targets !== undefined && panel.targets.length === 0);
    expect(empty).toEqual([]);
  });
});
