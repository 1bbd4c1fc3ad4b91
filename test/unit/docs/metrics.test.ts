import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricsPage } from '../../../infra/metrics-page.ts';

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

test('docs/METRICS.md is up to date (npm run docs:metrics)', () => {
  expect(file('docs/METRICS.md')).toBe(metricsPage());
});

test('the warnings that docs/METRICS.md names are written by the source', () => {
  const [, section = ''] = file('docs/METRICS.md').split('## Warnings in the log');
  const texts = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, text = '']) => text);
  expect(texts.length).toBeGreaterThan(4);
  const source = ['node/watch', 'redis/open-redis', 'redis/refusals'].map((path) => file(`src/${path}.ts`)).join('\n');
  // Which connection it is, is not in the text of the source.
  const missing = texts.filter((text) => !source.includes(text.replace(/^Redis: \w+ /, '')));
  expect(missing).toEqual([]);
});
