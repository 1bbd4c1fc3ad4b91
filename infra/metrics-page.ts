/** docs/METRICS.md as the metric table makes it; a test holds the file against this. */
import { allSeries, type Series } from '../src/telemetry/series.ts';

const HEAD = [
  '# Metrics',
  '',
  'Made from the table in `src/telemetry/metric-table.ts` by `npm run docs:metrics`; edit the table, not this page.',
  '',
  '`GET /metrics` of each node is in the text format of Prometheus; it never waits for Redis. Every series has the label `node`, the name of',
  'the node; no label holds the name of a room or a user. nginx does not pass the path on: let Prometheus ask the nodes themselves.',
  'A number that a node does not know, as those of Redis without one, has no sample. Counters are of the process: they begin with 0.',
  '',
  'Those of Redis are its own, so every node shows the same ones: take the `max` over the nodes, not the `sum`.',
  '',
  'Alert rules and scrape configurations are in [infra/prometheus](../infra/prometheus): `prometheus --config.file=infra/prometheus/prometheus.yml`',
  'beside the nodes of docker-compose.cluster.yml. Import [infra/grafana/roomcast.json](../infra/grafana/roomcast.json) into Grafana for a dashboard.',
  '[RUNBOOK.md](RUNBOOK.md) says what to do about an alert.',
];

const WARNINGS = [
  '## Warnings in the log',
  '',
  'Each is written once when it begins, and a line of level `info` when it is over.',
  '',
  '| text begins with | when | over |',
  '|---|---|---|',
  "| `Redis: commands can't be reached` | the connection is given up: closed, refused, read-only, loading, or silent for `REDIS_COMMAND_TIMEOUT_MS` | when it is up again |",
  "| `Redis: mailbox can't be reached` | the same for the subscription | when it is up again |",
  '| `Redis evicts keys` | `evicted_keys` of Redis has risen | after 60 s without |',
  '| `Redis uses more than 80 % of its memory` | `used_memory` is over 80 % of `maxmemory` | below 75 % |',
  '| `packets between nodes are slow` | two beats in a row took over 100 ms from publish to receipt | after 20 in time |',
  '| `Redis refuses calls` | Redis answers with an error although the connection works; once a minute for each kind of error | |',
];

const LABELS: Readonly<Record<string, string>> = {
  reason: '`reason`',
  quantile: '`quantile`: 0.5, 0.99, 1',
  le: '`le`: the upper end of a bucket',
};

export function metricsPage(): string {
  const head = ['| series | type | unit | labels | meaning |', '|---|---|---|---|---|'];
  return `${[...HEAD, '', '## Series', '', ...head, ...allSeries().map(row), '', ...WARNINGS].join('\n')}\n`;
}

function row({ name, type, unit, labels, help }: Series): string {
  return `| \`${name}\` | ${type} | ${unit} | ${labels.map((label) => LABELS[label] ?? label).join(', ')} | ${help} |`;
}
