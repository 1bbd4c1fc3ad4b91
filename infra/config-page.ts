/** docs/CONFIG.md and .env.example as the table of settings makes them; a test holds both files against these. */
import { RELATIONS } from '../src/config/relations.ts';
import type { Setting } from '../src/config/setting.ts';
import { SETTING_GROUPS } from '../src/config/settings.ts';

type Row = Setting<unknown>;
const GROUPS: readonly (readonly [title: string, rows: readonly Row[]])[] = Object.entries(SETTING_GROUPS).map(
  ([title, rows]) => [title, Object.values(rows)],
);

const NOWHERE = { nodeEnv: '', hostname: '', pid: 0 };

/** The default as one would write it into the environment; null when there is none to write. */
function defaultText(row: Row): string | null {
  if (row.defaultText !== null) return null;
  const value = row.defaultIn(NOWHERE);
  const empty = value === null || (Array.isArray(value) && value.length === 0) || (value instanceof Map && !value.size);
  return empty ? null : String(value);
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

export function configPage(): string {
  const lines = [
    '# Settings',
    '',
    'Made from the table in `src/config/` by `npm run docs:config`; edit the table, not this page.',
    '',
    'A node reads its settings from environment variables. An empty variable counts as not set. Wrong values, unknown',
    '`ROOMCAST_*` or `REDIS_*` variables and settings that do not fit together stop the start with a list of all',
    'problems; secrets are never shown in it. Sizes are bytes, times milliseconds.',
  ];
  for (const [title, rows] of GROUPS) {
    lines.push('', `## ${title}`, '', '| setting | default | expected | meaning |', '|---|---|---|---|');
    for (const row of rows) {
      const fallback = defaultText(row);
      const shown = row.defaultText ?? (fallback === null ? '–' : `\`${fallback}\``);
      lines.push(`| \`${row.env}\` | ${cell(shown)} | ${cell(row.kind.expects)} | ${cell(row.doc)} |`);
    }
  }
  lines.push('', '## What must hold between settings', '');
  lines.push(...RELATIONS.map((relation) => `- ${relation.doc}`));
  return `${lines.join('\n')}\n`;
}

export function envExample(): string {
  const lines = [
    '# All settings with their defaults. Copy to .env, take the # off what you change, and start with',
    '# `node --env-file=.env src/main.ts`, or give the file to compose. docs/CONFIG.md says what is allowed.',
  ];
  for (const [title, rows] of GROUPS) {
    lines.push('', `# ---- ${title} ----`);
    for (const row of rows) {
      lines.push('', ...wrapped(row.doc));
      if (row.defaultText !== null) lines.push(`# Default: ${row.defaultText}.`);
      lines.push(`# ${row.env}=${defaultText(row) ?? ''}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Comment lines of at most 100 characters. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > 100) {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
