import type { Bar, Figure } from '../figures.ts';
import { el, type SvgElement } from './element.ts';
import { frame, looksOf, text, WIDTH } from './frame.ts';
import { linear, type Scale, short } from './scale.ts';

const RIGHT = WIDTH - 150;
const TOP = 62;
const BAR = 20;
const GAP = 10;
const HEADING = 26;
/** Room for names, by the length of the longest. */
const NAME = { character: 7.4, min: 90, max: 320 } as const;

/** Bars side by side from 0, the spread over runs as a line over each end. */
export function barsSvg({ chart, bars }: Extract<Figure, { bars: unknown }>): string {
  const names = [...new Set(bars.map(({ name }) => name))];
  const looks = looksOf(names);
  const nameWidth = Math.max(...names.map(({ length }) => length)) * NAME.character;
  const left = 24 + Math.min(NAME.max, Math.max(NAME.min, nameWidth));
  const scale = linear([0, Math.max(...bars.map(({ value }) => value.max), Number.MIN_VALUE)], [left, RIGHT]);
  const body: SvgElement[] = [text(16, 48, `${chart.unit}; ${chart.better} is better`, 'faint small')];
  let y = TOP;
  let group = '';
  for (const bar of bars) {
    if (bar.group !== group) {
      group = bar.group;
      body.push(text(16, y + 18, group, 'faint'));
      y += HEADING;
    }
    body.push(...barElements(bar, y, looks.get(bar.name)?.colour ?? '', scale));
    y += BAR + GAP;
  }
  return frame(chart.title, describe(bars, chart.unit, chart.better), y + 6, body);
}

function barElements({ name, value, valid }: Bar, y: number, colour: string, scale: Scale): SvgElement[] {
  const [left, min, end, max] = [scale(0), scale(value.min), scale(value.median), scale(value.max)];
  const middle = y + BAR / 2;
  const label = `${short(value.median)}${valid ? '' : ' INVALID'}`;
  const bar = el(
    'rect',
    { class: 'bar', x: left, y, width: end - left, height: BAR, fill: colour, 'fill-opacity': valid ? 1 : 0.4, rx: 2 },
    el('title', {}, `${name}: ${label}`),
  );
  const whisker = el('path', {
    class: 'whisker',
    fill: 'none',
    d: `M${px(min)} ${middle - 4}v8M${px(min)} ${middle}H${px(max)}M${px(max)} ${middle - 4}v8`,
  });
  return [
    text(left - 8, middle + 4, name, 'ink', 'end'),
    bar,
    ...(value.min < value.max ? [whisker] : []),
    text(max + 8, middle + 4, label, 'ink'),
  ];
}

function describe(bars: readonly Bar[], unit: string, better: string): string {
  const parts = bars.map(({ group, name, value, valid }) => {
    const where = group === '' ? name : `${group}, ${name}`;
    return `${where}: ${short(value.median)}${valid ? '' : ' (invalid)'}`;
  });
  return `Bars of ${unit}; ${better} is better. ${parts.join('; ')}.`;
}

function px(value: number): string {
  return value.toFixed(1);
}
