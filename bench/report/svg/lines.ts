import type { Figure, Line } from '../figures.ts';
import { PLOT, pathOf, xAxis, yAxis } from './axes.ts';
import { el, type SvgElement } from './element.ts';
import { frame, type Look, legend, looksOf } from './frame.ts';
import { linear, logarithmic, type Scale, short, ticksTo } from './scale.ts';

/** Sizes further apart than this, the smallest to the largest, stand at a logarithmic axis. */
const LINEAR_SPAN_MAX = 12;
const MARGIN = 24;

/** A value against a size, from 0, with the spread over runs at each point. */
export function linesSvg({ chart, lines }: Extract<Figure, { lines: unknown }>): string {
  const looks = looksOf(lines.map(({ name }) => name));
  const points = lines.flatMap((line) => line.points);
  const xs = [...new Set(points.map((point) => point.x))].sort((a, b) => a - b);
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const place: [number, number] = [PLOT.left + MARGIN, PLOT.right - MARGIN];
  const isLog = low > 0 && high / low > LINEAR_SPAN_MAX;
  const x = isLog ? logarithmic([low, high], place) : linear([low, high], place);
  const ticks = ticksTo(Math.max(...points.map(({ value }) => value.max)));
  const y = linear([0, ticks.at(-1) ?? 1], [PLOT.bottom, PLOT.top]);
  const body: SvgElement[] = [
    ...legend(
      lines.map(({ name }) => name),
      looks,
      16,
      70,
    ),
    ...yAxis(ticks, y, `${chart.unit}; ${chart.better} is better`),
    ...xAxis(
      xs.map((value) => ({ at: x(value), label: short(value) })),
      chart.xUnit,
    ),
    ...lines.flatMap((line) => lineElements(line, looks.get(line.name), x, y)),
  ];
  return frame(chart.title, describe(lines, chart.unit, chart.xUnit), PLOT.height, body);
}

function lineElements({ name, points }: Line, look: Look | undefined, x: Scale, y: Scale): SvgElement[] {
  const colour = look?.colour ?? '';
  const line = el(
    'path',
    {
      class: 'line',
      d: pathOf(points.map((point) => [x(point.x), y(point.value.median)])),
      fill: 'none',
      stroke: colour,
      'stroke-width': 2.5,
      'stroke-dasharray': look?.dash ?? '',
    },
    el('title', {}, name),
  );
  const marks = points.flatMap((point) => {
    const at = x(point.x);
    const spread = el('line', { x1: at, x2: at, y1: y(point.value.min), y2: y(point.value.max), class: 'whisker' });
    const mark = el(
      'circle',
      { class: 'point', cx: at, cy: y(point.value.median), r: 4, fill: point.valid ? colour : 'none', stroke: colour },
      el('title', {}, `${name}, ${point.x}: ${pointText(point)}`),
    );
    return point.value.min < point.value.max ? [spread, mark] : [mark];
  });
  return [line, ...marks];
}

function pointText({ value, valid }: Line['points'][number]): string {
  return `${short(value.median)}${valid ? '' : ' (invalid)'}`;
}

function describe(lines: readonly Line[], unit: string, xUnit: string): string {
  const parts = lines.map(({ name, points }) => {
    const values = points.map((point) => `${pointText(point)} at ${point.x}`);
    return `${name}: ${values.join(', ')}`;
  });
  return `Lines of ${unit} against ${xUnit}. ${parts.join('; ')}.`;
}
