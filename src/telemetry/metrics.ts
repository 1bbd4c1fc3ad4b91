/**
 * The metrics of one node in the text format of Prometheus. It has a registry of its own, since two nodes may live in
 * one process, and reads plain numbers when it is scraped, so that counting costs an increment and no more.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Counters } from '../base/counters.ts';
import { COUNTER_ROWS, GAUGE_ROWS, type Gauges, type MetricRow } from './metric-table.ts';

const PREFIX = 'roomcast_';
const EVENT_LOOP_RESOLUTION_MS = 10;
const QUANTILES = [0.5, 0.99, 1] as const;
const NS_PER_SEC = 1e9;
const US_PER_SEC = 1e6;

export class Metrics {
  readonly #registry = new Registry();
  readonly #gauges = new Map<keyof Gauges, Gauge>();
  readonly #readGauges: () => Gauges;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });

  /** `gauges` is asked once per scrape. `node` becomes a label of every series. */
  constructor(node: string, counters: Counters, gauges: () => Gauges) {
    this.#registry.setDefaultLabels({ node });
    for (const rows of byName(COUNTER_ROWS)) this.#addCounter(rows, counters);
    this.#readGauges = gauges;
    for (const { field, name, help } of GAUGE_ROWS) {
      this.#gauges.set(field, new Gauge({ name: PREFIX + name, help, registers: [this.#registry] }));
    }
    this.#addProcess();
    this.#delay.enable();
  }

  text(): Promise<string> {
    const values = this.#readGauges();
    for (const [field, gauge] of this.#gauges) gauge.set(values[field]);
    return this.#registry.metrics();
  }

  stop(): void {
    this.#delay.disable();
  }

  #addCounter(rows: readonly MetricRow<keyof Counters>[], counters: Counters): void {
    const [first] = rows;
    if (first === undefined) return;
    new Counter({
      name: PREFIX + first.name,
      help: first.help,
      labelNames: first.reason === undefined ? [] : ['reason'],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { reason, field } of rows) this.inc(reason === undefined ? {} : { reason }, counters[field]);
      },
    });
  }

  #addProcess(): void {
    const registers = [this.#registry];
    const delay = this.#delay;
    new Gauge({
      name: `${PREFIX}event_loop_delay_seconds`,
      help: 'How late the event loop ran its timers since the last scrape; quantile 1 is the worst.',
      labelNames: ['quantile'],
      registers,
      collect() {
        for (const quantile of QUANTILES) {
          const ns = delay.count === 0 ? 0 : delay.percentile(quantile * 100);
          this.set({ quantile }, ns / NS_PER_SEC);
        }
        delay.reset();
      },
    });
    new Counter({
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process, user and system.',
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / US_PER_SEC);
      },
    });
    new Gauge({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the process.',
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      name: 'process_uptime_seconds',
      help: 'Since the process started.',
      registers,
      collect() {
        this.set(process.uptime());
      },
    });
  }
}

function byName<Field>(rows: readonly MetricRow<Field>[]): Iterable<readonly MetricRow<Field>[]> {
  return Map.groupBy(rows, (row) => row.name).values();
}
