import type { Chart } from './chart.ts';
import type { Counts, Figure } from './figures.ts';
import { short } from './svg/scale.ts';
import type { Reached } from './targets.ts';

/** What the page has of one scenario. */
export interface Section {
  readonly name: string;
  readonly about: string;
  readonly figures: readonly { readonly chart: Chart; readonly figure: Figure | null; readonly svg: string }[];
}

/** docs/BENCHMARKS.md; `svg` of a figure is its path from there. */
export function pageOf(sections: readonly Section[], reached: readonly Reached[]): string {
  return `${[INTRO, targetsText(reached), ...sections.map(sectionText)].join('\n\n')}\n`;
}

const INTRO = `# Benchmarks

Written by \`npm run bench:report\` from the results in \`bench/results/\`; edits here are lost. How it is measured, and what the
columns mean, is in [bench/README.md](../bench/README.md): an open model, each delivered event checked, the server on a core
of its own. Medians of the runs that count, with the least and the most of them. A run in which something
other than the server set the figures (a generator that was the limit, a busy machine) does not count.`;

function targetsText(reached: readonly Reached[]): string {
  const rows = reached.map(({ target, value, valid }) => {
    const { scenario, load, measure, unit = '', better, command } = target;
    const isReached = value !== null && (better === 'more' ? value >= target.target : value <= target.target);
    const text = value === null ? 'not measured' : `${short(value)} ${unit}`.trim();
    const bounds = [target.target, target.stretch].map((bound) => (bound === null ? '' : short(bound)));
    return [
      scenario,
      load,
      measure,
      ...bounds.map((bound) => (bound === '' ? '' : `${better === 'more' ? '≥' : '≤'} ${bound}`)),
      `${isReached ? `**${text}**` : text}${valid ? '' : ' INVALID'}`,
      `\`${command}\``,
    ];
  });
  const head = ['scenario', 'load', 'measure', 'target', 'stretch', 'reached', 'command'];
  return `## Targets\n\nWhat we want to reach; bold is what is. Where the time goes in the others: [PERFORMANCE.md](PERFORMANCE.md).\n\n${markdownTable(head, rows)}`;
}

function sectionText({ name, about, figures }: Section): string {
  const parts = figures.map(({ chart, figure, svg }) =>
    figure === null ? missingText(name, chart) : figureText(figure, svg),
  );
  return [`## ${name}`, `${about[0]?.toUpperCase() ?? ''}${about.slice(1)}.`, ...parts].join('\n\n');
}

function missingText(scenario: string, chart: Chart): string {
  return `### ${chart.title}\n\nNo result yet: \`${commandOf(scenario, chart)}\``;
}

export function commandOf(scenario: string, { command }: Chart): string {
  return command ?? `npm run bench -- ${scenario}`;
}

function figureText(figure: Figure, svg: string): string {
  const { title } = figure.chart;
  return [`### ${title}`, `![${title}](${svg})`, tableOf(figure), originText(figure)].join('\n\n');
}

function tableOf(figure: Figure): string {
  if ('bars' in figure) {
    const isGrouped = figure.bars.some(({ group }) => group !== '');
    const head = [...(isGrouped ? [''] : []), '', figure.chart.unit, 'least – most', 'runs'];
    const rows = figure.bars.map(({ group, name, value, rows, valid }) => [
      ...(isGrouped ? [group] : []),
      name,
      short(value.median),
      `${short(value.min)} – ${short(value.max)}`,
      valid ? String(rows) : `${rows} INVALID`,
    ]);
    return markdownTable(head, rows);
  }
  if ('curves' in figure) {
    const percents = [50, 90, 99, 99.9, 99.99];
    const rows = figure.curves.map(({ name, histogram, valid }) => [
      valid ? name : `${name} (INVALID)`,
      ...percents.map((percent) => (histogram.percentile(percent) / 1000).toFixed(2)),
    ]);
    return markdownTable(['ms', ...percents.map((percent) => `p${percent}`)], rows);
  }
  const xs = [...new Set(figure.lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const rows = figure.lines.map(({ name, points }) => [
    name,
    ...xs.map((x) => {
      const point = points.find((one) => one.x === x);
      if (point === undefined) return '';
      const { min, median, max } = point.value;
      return `${short(median)} (${short(min)} – ${short(max)})${point.valid ? '' : ' INVALID'}`;
    }),
  ]);
  return markdownTable([`${figure.chart.unit}, by ${figure.chart.xUnit}`, ...xs.map(short)], rows);
}

function originText({ result, counts }: Figure): string {
  const { command, commit, modified, measuredAt, cpu, cores, kernel, versions, failures } = result;
  const versionText = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const coresText = Number.isFinite(cores) ? `, ${cores} cores` : '';
  const commitText = commit === null ? 'no commit' : `commit ${commit.slice(0, 12)}`;
  return [
    `\`${command}\`, ${commitText}${modified ? ' with changes' : ''}, ${measuredAt.slice(0, 10)}; ${cpu}${coresText}, Linux ${kernel}; ${versionText.join(', ')}.`,
    countsText(counts),
    ...failures.map((failure) => `**Failed:** ${failure}.`),
  ].join('\n');
}

function countsText({ valid, all, reasons }: Counts): string {
  if (valid === all) return `All ${all} runs count.`;
  const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
  if (valid === 0) return `**INVALID**, none of the ${all} runs counts${why}.`;
  return `${valid} of ${all} runs count; the others do not${why}.`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map((_, column) => (column === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
