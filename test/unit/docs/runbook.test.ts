/** docs/RUNBOOK.md speaks of what exists. Its checks are run by test/contract/node/runbook.test.ts. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { SETTINGS } from '../../../src/config/settings.ts';
import { allSeries } from '../../../src/telemetry/series.ts';

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const page = file('docs/RUNBOOK.md');
const incidents = page.split(/^## /m).slice(1);
const titles = incidents.map((text) => text.slice(0, text.indexOf('\n')));

interface Rule {
  readonly alert: string;
  readonly annotations: { readonly runbook: string };
}

const alerts = parse(file('infra/prometheus/alerts.yml')) as { groups: readonly { rules: readonly Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);

describe('docs/RUNBOOK.md', () => {
  test('gives symptom, check and fix of each incident', () => {
    expect(incidents.length).toBeGreaterThanOrEqual(15);
    for (const incident of incidents) {
      expect(incident).toMatch(
        /^\*\*Symptom\.\*\*[\s\S]*^\*\*Check\.\*\*\n\n```sh\n[\s\S]+?```[\s\S]*^\*\*Fix\.\*\* \S/m,
      );
    }
  });

  test('has a section for each alert, and names no other', () => {
    const named = [...page.matchAll(/Alert: `(\w+)`/g)].map(([, name]) => name);
    expect(named.sort()).toEqual(rules.map(({ alert }) => alert).sort());
    for (const { alert, annotations } of rules) {
      const [path, anchor] = annotations.runbook.split('#');
      expect(path).toBe('docs/RUNBOOK.md');
      const section = incidents[titles.findIndex((title) => anchorOf(title) === anchor)];
      expect(section, alert).toContain(`Alert: \`${alert}\``);
    }
  });

  test('looks for series of the metric table', () => {
    const samples = allSeries().flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_count`] : [name]));
    const patterns = [...page.matchAll(/\/metrics \| grep -E (.*)$/gm)].map(([, pattern = '']) => pattern);
    // Each piece of an alternative; whether the whole finds something is seen where it is run.
    const pieces = patterns.flatMap((pattern) => pattern.match(/\w+/g) ?? []);
    expect(pieces.length).toBeGreaterThan(50);
    expect(pieces.filter((piece) => !samples.some((sample) => sample.includes(piece)))).toEqual([]);
  });

  test('names series of the metric table and settings of the table', () => {
    const series = new Set(allSeries().map(({ name }) => name));
    const prose = page.replace(/^```[\s\S]*?^```/gm, '');
    const named = [...prose.matchAll(/`(roomcast_\w+)`/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !series.has(name))).toEqual([]);
    const known = new Set<string>(Object.values(SETTINGS).map((row) => row.env));
    const settings = [...prose.matchAll(/`([A-Z]+(?:_[A-Z]+)+)\b/g)].map(([, name = '']) => name);
    expect(settings.length).toBeGreaterThan(15);
    expect(settings.filter((name) => !known.has(name))).toEqual([]);
  });
});

function anchorOf(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
}
