/**
 * The metrics of one node in the text format of Prometheus. It has a registry of its own, since two nodes may live in
 * one process, and reads plain numbers when it is scraped, so that counting costs an increment and no more.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Registry } from 'prom-client';
import type { Counters } from '../base/counters.ts';
import type { Histogram } from '../base/histogram.ts';
import { histogramText } from './histogram-text.ts';
import {
  COUNTER_ROWS,
  CPU,
  EVENT_LOOP_DELAY,
  GAUGE_ROWS,
  type Gauges,
  HISTOGRAM_ROWS,
  type HistogramField,
  MEMORY,
  METRIC_PREFIX,
  type MetricRow,
  UPTIME,
} from './metric-table.ts';

const EVENT_LOOP_RESOLUTION_MS = 10;
const QUANTILES = [0.5, 0.99, 1] as const;
const NS_PER_SEC = 1e9;
const US_PER_SEC = 1e6;

/** One that is null does not exist on this node. */
type Histograms = Readonly<Record<HistogramField, Histogram | null>>;

export class Metrics {
  readonly #registry = new Registry();
  readonly #node: string;
  readonly #gauges = new Map<keyof Gauges, Gauge | Counter>();
  readonly #readGauges: () => Gauges;
  readonly #histograms: Histograms;
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS });

  /** `gauges` is asked once per scrape. `node` becomes a label of every series. */
  constructor(node: string, counters: Counters, gauges: () => Gauges, histograms: Histograms) {
    this.#node = node;
    this.#histograms = histograms;
    this.#registry.setDefaultLabels({ node });
    for (const rows of byName(COUNTER_ROWS)) this.#addCounter(rows, counters);
    this.#readGauges = gauges;
    for (const { field, name, help, type } of GAUGE_ROWS) {
      const Kind = type === 'counter' ? Counter : Gauge;
      this.#gauges.set(field, new Kind({ name: METRIC_PREFIX + name, help, registers: [this.#registry] }));
    }
    this.#addProcess();
    this.#delay.enable();
  }

  async text(): Promise<string> {
    const values = this.#readGauges();
    for (const [field, gauge] of this.#gauges) {
      const value = values[field];
      // A number that nobody knows must not be shown as 0.
      if (value === null) gauge.remove();
      else {
        gauge.reset();
        gauge.inc(value);
      }
    }
    const histograms = HISTOGRAM_ROWS.flatMap(({ field, name, help }) => {
      const histogram = this.#histograms[field];
      return histogram === null ? [] : [histogramText(METRIC_PREFIX + name, help, this.#node, histogram)];
    });
    return [await this.#registry.metrics(), ...histograms].join('');
  }

  stop(): void {
    this.#delay.disable();
  }

  #addCounter(rows: readonly MetricRow<keyof Counters>[], counters: Counters): void {
    const [first] = rows;
    if (first === undefined) return;
    new Counter({
      name: METRIC_PREFIX + first.name,
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
      ...EVENT_LOOP_DELAY,
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
      ...CPU,
      registers,
      collect() {
        const { user, system } = process.cpuUsage();
        this.reset();
        this.inc((user + system) / US_PER_SEC);
      },
    });
    new Gauge({
      ...MEMORY,
      registers,
      collect() {
        this.set(process.memoryUsage.rss());
      },
    });
    new Gauge({
      ...UPTIME,
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
