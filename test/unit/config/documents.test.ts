import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import { configPage, envExample } from '../../../infra/config-page.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { SETTINGS } from '../../../src/config/settings.ts';

const file = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const machine = { hostname: 'desk', pid: 1 };

describe('the pages made from the table', () => {
  it('docs/CONFIG.md is up to date (npm run docs:config)', () => {
    expect(file('docs/CONFIG.md')).toBe(configPage());
  });

  it('.env.example is up to date (npm run docs:config)', () => {
    expect(file('.env.example')).toBe(envExample());
  });
});

describe('.env.example', () => {
  const uncommented = parseEnv(file('.env.example').replace(/^# (?=[A-Z_]+=)/gm, ''));

  it('names each setting once', () => {
    const names = [...file('.env.example').matchAll(/^# ([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(names).toEqual(Object.values(SETTINGS).map((row) => row.env));
  });

  it('gives the configuration of an empty environment when all of it is used', () => {
    expect(loadConfig(uncommented, machine)).toEqual(loadConfig({}, machine));
  });
});
