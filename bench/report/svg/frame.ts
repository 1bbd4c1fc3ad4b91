import { el, type SvgElement } from './element.ts';

export const WIDTH = 760;

/**
 * Colours of what is compared. Each has a contrast of 3:1 to both grounds; lines differ by their dashes too, so that no
 * chart needs colour to be read.
 */
const COLOURS = ['#2f6feb', '#7d8590', '#b87700', '#8250df', '#bf3989', '#1a7f37', '#bc4c00', '#1b7c83'] as const;
const DASHES = ['none', '7 4', '2 3', '10 3 2 3', '5 2', '1 4', '12 4', '3 6'] as const;
/** Always the first colour, wherever it stands. */
const OURS = /^roomcast/i;

/** The ground comes with the chart, so that its text has one that it can be read on in light and dark pages. */
const STYLE = `
.ground { fill: #ffffff } .ink { fill: #1f2328 } .faint { fill: #59636e } .rule { stroke: #d1d9e0 } .whisker { stroke: #1f2328 }
text { font: 13px system-ui, sans-serif } .title { font-size: 15px; font-weight: 600 } .small { font-size: 12px }
@media (prefers-color-scheme: dark) {
.ground { fill: #0d1117 } .ink { fill: #f0f6fc } .faint { fill: #9198a1 } .rule { stroke: #3d444d } .whisker { stroke: #f0f6fc }
}`;

/** A whole chart: its title to be seen, and title and description to be read out. */
export function frame(title: string, desc: string, height: number, body: readonly SvgElement[]): string {
  const page = el(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
      'aria-labelledby': 'title desc',
    },
    el('title', { id: 'title' }, title),
    el('desc', { id: 'desc' }, desc),
    el('style', {}, STYLE),
    el('rect', { class: 'ground', width: WIDTH, height, rx: 6 }),
    text(16, 28, title, 'ink title'),
    ...body,
  );
  return `${page.markup}\n`;
}

export function text(x: number, y: number, content: string, style = 'ink', anchor = 'start'): SvgElement {
  return el('text', { x, y, class: style, 'text-anchor': anchor }, content);
}

export function rule(x1: number, y1: number, x2: number, y2: number): SvgElement {
  return el('line', { x1, y1, x2, y2, class: 'rule' });
}

export interface Look {
  readonly colour: string;
  readonly dash: string;
}

/** One look for each name, the same for each chart with the same names in the same order. */
export function looksOf(names: readonly string[]): Map<string, Look> {
  const ours = names.filter((name) => OURS.test(name));
  const first = ours[0];
  const ordered = first === undefined ? ['', ...names] : [first, ...names.filter((name) => name !== first)];
  const looks = new Map<string, Look>();
  ordered.forEach((name, i) => {
    looks.set(name, { colour: COLOURS[i % COLOURS.length] ?? '', dash: DASHES[i % DASHES.length] ?? '' });
  });
  return looks;
}

/** A row of samples of each look; returns where it ends. */
export function legend(names: readonly string[], looks: ReadonlyMap<string, Look>, x: number, y: number): SvgElement[] {
  let at = x;
  return names.flatMap((name) => {
    const look = looks.get(name);
    const sample = el('line', {
      x1: at,
      y1: y - 4,
      x2: at + 24,
      y2: y - 4,
      stroke: look?.colour ?? '',
      'stroke-width': 3,
      'stroke-dasharray': look?.dash ?? '',
    });
    const label = text(at + 30, y, name, 'ink small');
    at += 30 + name.length * CHARACTER + 22;
    return [sample, label];
  });
}

/** How wide a character of small text is, about: for where the next thing goes. */
const CHARACTER = 6.6;
