import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const pages = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));
const read = (path: string): string => readFileSync(path, 'utf8');
const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

/** What the README asks its reader to save. */
const READERS_OWN = 'try.ts';

/** As GitHub makes them: lower case, blanks to hyphens, punctuation gone. */
function anchors(path: string): string[] {
  return [...read(path).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

test('the pages of the project are found', () => {
  for (const path of ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'SECURITY.md', 'docs/ARCHITECTURE.md']) {
    expect(pages).toContain(path);
  }
});

describe.each(pages)('%s', (path) => {
  const text = read(path);

  test('its links lead somewhere', () => {
    const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
    const broken = links
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : normalize(join(dirname(path), file));
        if (!existsSync(to)) return true;
        return anchor !== undefined && !(statSync(to).isFile() && anchors(to).includes(anchor));
      });
    expect(broken).toEqual([]);
  });

  test('its npm commands are scripts of package.json', () => {
    const run = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => script);
    const short = [...text.matchAll(/\bnpm (start|test)\b/g)].map(([, script = '']) => script);
    expect([...run, ...short].filter((script) => !scripts.includes(script))).toEqual([]);
  });

  test('the files that its commands run are there', () => {
    const run = [
      ...text.matchAll(/\b(?:npx node|docker compose -f) ([\w./-]+\.(?:ts|yml))/g),
      ...text.matchAll(/\bROOMS_DIR=(examples\/[\w/-]+)/g),
    ];
    const files = run.map(([, file = '']) => file).filter((file) => file !== READERS_OWN);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });
});

test('README.md begins with the two commands', () => {
  const [, first = ''] = /^```\n([\s\S]*?)^```/m.exec(read('README.md')) ?? [];
  expect(first).toMatch(/^npm ci && npm run cluster\b.*\nnpm ci && npm test\b.*\n$/);
});
