import { type Range, rangeOf } from '../report/range.ts';
import type { Vitals } from '../servers/vitals.ts';
import type { FanoutRun } from './fanout-run.ts';
import { thousands } from './fanout-table.ts';
import { countedOf, percent, type Validity } from './validity.ts';

/** Of one server, over its runs that count: how far apart they are, how full the cores, what held its thread up. */
export function runLines(server: string, all: readonly FanoutRun[]): string[] {
  const { counted: runs, valid } = countedOf(all);
  const of = (value: (run: FanoutRun) => number) => rangeOf(runs.map(value));
  const perCpu = of((run) => run.eventsPerCpuSecond);
  const perSecond = of((run) => run.eventsPerSecond);
  const p99 = of((run) => run.p99Ms);
  return [
    `${server}: ${valid ? runs.length : 'none'} of ${all.length === 1 ? '1 run counts' : `${all.length} runs count`}`,
    `    spread: ${span(perCpu, thousands)} events/CPU-s, ${span(perSecond, thousands)} events/s, p99 ${span(p99, ms)} ms`,
    ...loadLines(runs).map((text) => `    ${text}`),
  ];
}

/** The lines of each of them. */
export function linesBy(servers: readonly string[], runs: readonly FanoutRun[], before = ''): string[] {
  return servers.flatMap((server) =>
    runLines(
      `${before}${server}`,
      runs.filter((run) => run.server === server),
    ),
  );
}

function span({ min, max }: Range, text: (value: number) => string): string {
  return min === max ? text(min) : `${text(min)} – ${text(max)}`;
}

/** What can be told of any window: how full the cores were, and what held the server's thread up. */
type Loaded = Pick<FanoutRun, 'serverShare' | 'othersShare' | 'swarmShare' | 'vitals'>;

/** The same in one line, for a table with many rows; the figure is the one that matters there. */
export function loadLine<T extends Loaded & Pick<Validity, 'invalid'>>(
  name: string,
  all: readonly T[],
  { of, text, unit }: { of(run: T): number; text(value: number): string; unit: string },
): string {
  const { counted } = countedOf(all);
  if (counted.length === 0) return `${name}: none`;
  const parts = [`${span(rangeOf(counted.map(of)), text)} ${unit}`, ...loadLines(counted)];
  return `${name}: ${parts.join('; ')}`;
}

export function loadLines(runs: readonly Loaded[]): string[] {
  return [`cores: ${coresText(runs)}`, ...vitalsText(runs)];
}

function coresText(runs: readonly Loaded[]): string {
  const of = (value: (run: Loaded) => number) => percent(rangeOf(runs.map(value)).median);
  const server = of((run) => run.serverShare + run.othersShare);
  const others = of((run) => run.othersShare);
  return `server's ${server} full (${others} by others), generator's ${of((run) => run.swarmShare)} full`;
}

function vitalsText(runs: readonly Loaded[]): string[] {
  const told = runs.flatMap(({ vitals }) => vitals ?? []);
  if (told.length === 0) return [];
  const of = (value: (vitals: Vitals) => number) => rangeOf(told.map(value));
  const late = `event loop late p99 ${ms(of((v) => v.loopLateMs.p99).median)} ms, at most ${ms(of((v) => v.loopLateMs.max).max)} ms`;
  const perSecond = of((v) => v.gc.pauses / v.seconds).median.toFixed(1);
  const share = of((v) => v.gc.totalMs / (v.seconds * 1000)).median * 100;
  const longest = ms(of((v) => v.gc.longestMs).max);
  return [`${late}; GC ${perSecond} pauses/s, ${share.toFixed(1)} % of the time, at most ${longest} ms`];
}

export function ms(value: number): string {
  return value.toFixed(1);
}
