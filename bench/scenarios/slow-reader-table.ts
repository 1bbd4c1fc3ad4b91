import { median } from '../report/median.ts';
import { table } from '../report/table.ts';
import { loadLines } from './run-lines.ts';
import { type Kind, MOVED_MAX, ROUNDS_MIN, ratiosOf, type SlowReaderRun } from './slow-reader-run.ts';
import { countedOf, percent } from './validity.ts';

const HEAD = [
  'stopped',
  'p50 ms',
  'p99 ms',
  'p99.9 ms',
  'max ms',
  'waits MB',
  'of one MB',
  'grown MB',
  'server',
  'got',
  '',
];

const KINDS: readonly Kind[] = ['quiet', 'control', 'one', 'some'];

export interface SlowReaderMedians {
  readonly kind: Kind;
  /** Windows that the medians are of: the valid ones, or all where none was valid. */
  readonly windows: number;
  readonly valid: boolean;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  readonly bufferedBytes: number;
  readonly bufferedMostBytes: number;
  /** The most: memory that was given back once is resident already the next time. */
  readonly grownBytes: number;
  readonly serverShare: number;
  /** p99 ÷ that of the quiet window of the same round. */
  readonly p99Ratios: readonly number[];
}

export function slowReaderMedians(runs: readonly SlowReaderRun[]): SlowReaderMedians[] {
  return KINDS.flatMap((kind) => {
    const own = runs.filter((run) => run.kind === kind);
    if (own.length === 0) return [];
    const { counted, valid } = countedOf(own);
    const of = (figure: (run: SlowReaderRun) => number) => median(counted.map(figure));
    return [
      {
        kind,
        windows: counted.length,
        valid,
        p50Ms: of((run) => run.p50Ms),
        p99Ms: of((run) => run.p99Ms),
        p999Ms: of((run) => run.p999Ms),
        maxMs: of((run) => run.maxMs),
        bufferedBytes: of((run) => run.bufferedBytes),
        bufferedMostBytes: of((run) => run.bufferedMostBytes),
        grownBytes: Math.max(...counted.map((run) => run.grownBytes)),
        serverShare: of((run) => run.serverShare),
        p99Ratios: ratiosOf(runs, kind, (run) => run.p99Ms),
      },
    ];
  });
}

export function slowReaderTable(runs: readonly SlowReaderRun[], medians: readonly SlowReaderMedians[]): string {
  const rows = runs.map((run) => [
    nameOf(run.kind, run.stopped),
    ...figures(run),
    gotText(run),
    run.invalid.length > 0 ? 'INVALID' : '',
  ]);
  const middles = medians.map((m) => [`median ${m.kind}`, ...figures(m), '', m.valid ? `of ${m.windows}` : 'INVALID']);
  const notes = runs.flatMap((run) =>
    run.invalid.map((why) => `round ${run.round}, ${nameOf(run.kind, run.stopped)}, does not count: ${why}`),
  );
  const load = loadLines(countedOf(runs).counted);
  return [table(HEAD, [...rows, ...middles]), '', ...medians.flatMap(ratioText), ...load, ...notes].join('\n');
}

function figures(of: Omit<SlowReaderMedians, 'kind' | 'windows' | 'valid' | 'p99Ratios'>): string[] {
  return [
    of.p50Ms.toFixed(2),
    of.p99Ms.toFixed(2),
    of.p999Ms.toFixed(1),
    of.maxMs.toFixed(1),
    megabytes(of.bufferedBytes),
    megabytes(of.bufferedMostBytes),
    megabytes(of.grownBytes),
    percent(of.serverShare),
  ];
}

function nameOf(kind: Kind, stopped: number): string {
  return kind === 'control' ? 'none, again' : stopped === 0 ? 'none' : String(stopped);
}

/** How often each, and the longest time until back. */
function gotText({ outcomes }: SlowReaderRun): string {
  const counts = new Map<string, number>();
  for (const outcome of outcomes) {
    const got = outcome?.got ?? 'stuck';
    counts.set(got, (counts.get(got) ?? 0) + 1);
  }
  const longest = Math.max(0, ...outcomes.map((outcome) => outcome?.afterMs ?? 0));
  const parts = [...counts].map(([got, count]) => (count === 1 ? got : `${count} ${got}`));
  return outcomes.length === 0 ? '' : `${parts.join(', ')} in ${longest.toFixed(0)} ms`;
}

function ratioText({ kind, p99Ratios }: SlowReaderMedians): string[] {
  if (kind === 'quiet') return [];
  const name = { control: 'none, again', one: 'one stopped', some: 'some stopped' }[kind];
  if (p99Ratios.length < ROUNDS_MIN) return [`p99, ${name} ÷ none: only ${p99Ratios.length} rounds count, too few`];
  const [low, high] = [Math.min(...p99Ratios), Math.max(...p99Ratios)];
  const range = `median of ${p99Ratios.length} rounds, ${low.toFixed(2)} to ${high.toFixed(2)}`;
  const middle = median(p99Ratios);
  const held = kind === 'one' ? `; ${middle <= MOVED_MAX ? 'at most' : 'NOT within'} ${MOVED_MAX.toFixed(2)}` : '';
  return [`p99, ${name} ÷ none: ${middle.toFixed(2)} (${range})${held}`];
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
