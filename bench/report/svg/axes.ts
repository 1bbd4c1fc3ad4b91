import type { SvgElement } from './element.ts';
import { rule, text, WIDTH } from './frame.ts';
import { type Scale, short } from './scale.ts';

/** Where charts with two axes draw. */
export const PLOT = { left: 70, right: WIDTH - 30, top: 86, bottom: 330, height: 384 } as const;

export interface Tick {
  readonly at: number;
  readonly label: string;
}

export function yAxis(ticks: readonly number[], scale: Scale, unit: string): SvgElement[] {
  return [
    text(16, 48, unit, 'faint small'),
    ...ticks.flatMap((tick) => [
      rule(PLOT.left, scale(tick), PLOT.right, scale(tick)),
      text(PLOT.left - 8, scale(tick) + 4, short(tick), 'faint small', 'end'),
    ]),
  ];
}

export function xAxis(ticks: readonly Tick[], unit: string): SvgElement[] {
  return [
    ...ticks.flatMap(({ at, label }) => [
      rule(at, PLOT.bottom, at, PLOT.bottom + 5),
      text(at, PLOT.bottom + 20, label, 'faint small', 'middle'),
    ]),
    text((PLOT.left + PLOT.right) / 2, PLOT.bottom + 42, unit, 'faint small', 'middle'),
  ];
}

export function pathOf(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
}
