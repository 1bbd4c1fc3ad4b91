import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '../scenario.ts';
import { figureOf } from './figures.ts';
import { commandOf, pageOf } from './page.ts';
import { readResults } from './read-results.ts';
import { chartSvg } from './svg/chart-svg.ts';
import { reachedOf } from './targets.ts';

const SVG_FOLDER = 'benchmarks';

interface Report {
  readonly page: string;
  readonly charts: number;
  /** Files in the folder of results that are none, and why. */
  readonly skipped: readonly string[];
  /** Commands whose results the page lacks. */
  readonly missing: readonly string[];
}

type Charted = Pick<Scenario, 'name' | 'about' | 'charts'>;

/** Writes BENCHMARKS.md and its charts into `docs`; charts of an earlier report go. */
export function writeReport(scenarios: readonly Charted[], resultsFolder: string, docs: string): Report {
  const { results, skipped } = readResults(resultsFolder);
  const sections = scenarios
    .filter(({ charts = [] }) => charts.length > 0)
    .map(({ name, about, charts = [] }) => {
      const own = results.filter(({ scenario }) => scenario === name);
      const figures = charts.map((chart) => {
        return { chart, figure: figureOf(chart, own), svg: `${SVG_FOLDER}/${name}-${slug(chart.title)}.svg` };
      });
      return { name, about, figures };
    });
  const figures = sections.flatMap((section) => section.figures);
  emptied(join(docs, SVG_FOLDER));
  for (const { figure, svg } of figures) if (figure !== null) writeFileSync(join(docs, svg), chartSvg(figure));
  const page = join(docs, 'BENCHMARKS.md');
  writeFileSync(page, pageOf(sections, reachedOf(results)));
  const missing = sections.flatMap(({ name, figures }) =>
    figures.flatMap(({ chart, figure }) => (figure === null ? [commandOf(name, chart)] : [])),
  );
  const unknown = results
    .filter(({ scenario }) => scenarios.every(({ name }) => name !== scenario))
    .map(({ file, scenario }) => `${file}: there is no scenario ${scenario}`);
  return {
    page,
    charts: figures.filter(({ figure }) => figure !== null).length,
    skipped: [...skipped, ...unknown],
    missing: [...new Set(missing)],
  };
}

function emptied(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder)) if (name.endsWith('.svg')) rmSync(join(folder, name));
}

function slug(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}
