import type { Curve, Figure } from '../figures.ts';
import { PLOT, pathOf, xAxis, yAxis } from './axes.ts';
import { el, type SvgElement } from './element.ts';
import { frame, type Look, legend, looksOf } from './frame.ts';
import { linear, logarithmic, logTicks } from './scale.ts';

/** The axis is stretched towards 100 %, where players notice: each nine is as wide as the one before. */
const MARKS = [0, 50, 90, 99, 99.9, 99.99] as const;
const STEPS_PER_NINE = 24;

/** Latency up to each percentile. */
export function curvesSvg({ chart, curves }: Extract<Figure, { curves: unknown }>): string {
  const names = curves.map(({ name }) => nameOf(curves, name));
  const looks = looksOf(names);
  const x = linear([0, ninesOf(MARKS[5])], [PLOT.left, PLOT.right]);
  const ends = curves.flatMap(({ histogram }) => [histogram.percentile(0.01), histogram.percentile(MARKS[5])]);
  const ticks = logTicks(Math.max(0.01, Math.min(...ends) / 1000), Math.max(0.1, ...ends.map((us) => us / 1000)));
  const y = logarithmic([ticks[0] ?? 0.01, ticks.at(-1) ?? 1], [PLOT.bottom, PLOT.top]);
  const lines = curves.map((curve, i) => curveElement(curve, looks.get(names[i] ?? ''), x, y));
  const body: SvgElement[] = [
    ...legend(names, looks, 16, 70),
    ...yAxis(ticks, y, 'latency in ms from the scheduled time; less is better'),
    ...xAxis(
      MARKS.map((mark) => ({ at: x(ninesOf(mark)), label: `${mark} %` })),
      'of the deliveries took at most that long',
    ),
    ...lines,
  ];
  return frame(chart.title, describe(curves), PLOT.height, body);
}

function curveElement(
  { name, histogram }: Curve,
  look: Look | undefined,
  x: (n: number) => number,
  y: (ms: number) => number,
) {
  const points: [number, number][] = [];
  for (let step = 0; step <= ninesOf(MARKS[5]) * STEPS_PER_NINE; step++) {
    const nines = step / STEPS_PER_NINE;
    points.push([x(nines), y(histogram.percentile(percentOf(nines)) / 1000)]);
  }
  return el(
    'path',
    {
      class: 'curve',
      d: pathOf(points),
      fill: 'none',
      stroke: look?.colour ?? '',
      'stroke-width': 2.5,
      'stroke-dasharray': look?.dash ?? '',
    },
    el('title', {}, name),
  );
}

/** 90 → 1, 99 → 2. */
function ninesOf(percent: number): number {
  return -Math.log10(1 - percent / 100);
}

function percentOf(nines: number): number {
  return 100 * (1 - 10 ** -nines);
}

function nameOf(curves: readonly Curve[], name: string): string {
  return curves.find((curve) => curve.name === name)?.valid === false ? `${name} (INVALID)` : name;
}

function describe(curves: readonly Curve[]): string {
  const parts = curves.map(({ name, histogram }) => {
    const [p50, p99, p999] = [50, 99, 99.9].map((percent) => (histogram.percentile(percent) / 1000).toFixed(2));
    return `${nameOf(curves, name)}: half within ${p50} ms, 99 % within ${p99} ms, 99.9 % within ${p999} ms`;
  });
  return `Curves of latency by percentile. ${parts.join('; ')}.`;
}
