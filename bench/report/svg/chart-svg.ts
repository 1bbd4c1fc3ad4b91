import type { Figure } from '../figures.ts';
import { barsSvg } from './bars.ts';
import { curvesSvg } from './curves.ts';
import { linesSvg } from './lines.ts';

/** The figure as the text of an SVG file. */
export function chartSvg(figure: Figure): string {
  if ('bars' in figure) return barsSvg(figure);
  if ('curves' in figure) return curvesSvg(figure);
  return linesSvg(figure);
}
