/** The layers of docs/ARCHITECTURE.md, as a test: it reads the source tree and fails on what the page forbids. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

/** Highest first: a file may import its own folder and folders further down. */
const LAYERS = [
  'node',
  'gateway',
  'redis',
  'telemetry',
  'config',
  'session',
  'room',
  'cluster',
  'client',
  'protocol',
  'base',
] as const;
/** Libraries that one folder alone may import. */
const FENCES: Readonly<Record<string, string>> = {
  'uWebSockets.js': 'gateway',
  ioredis: 'redis',
  pino: 'telemetry',
  'prom-client': 'telemetry',
  zod: 'config',
  msgpackr: 'protocol',
  'msgpackr/pack': 'protocol',
  'msgpackr/unpack': 'protocol',
  jose: 'session',
};
const BROWSER_SAFE = ['client', 'protocol', 'base'];
const PURE = ['room', 'cluster'];
const LINES_MAX = 300;

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path !== '' && existsSync(path));
const code = tracked.filter((path) => /\.(ts|lua|sh)$/.test(path));
const sources = tracked.filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

interface Import {
  readonly path: string;
  readonly target: string;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|import\('([^']+)'\)|^import\s+'([^']+)'/gm);
  return [...found].map((match) => ({ path, target: match[1] ?? match[2] ?? match[3] ?? '' }));
}

/** src/room/owner.ts → room; null for the entry files. */
function folderOf(path: string): string | null {
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

const imports = sources.flatMap(importsOf);

describe('the source tree', () => {
  test('every folder of src is a layer', () => {
    const folders = new Set(sources.map(folderOf).filter((folder) => folder !== null));
    expect([...folders].filter((folder) => !LAYERS.some((layer) => layer === folder))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  test('an import points downward only', () => {
    const upward = imports.filter(({ path, target }) => {
      const from = folderOf(path);
      if (!target.startsWith('.') || from === null) return false;
      const to = folderOf(normalize(join(dirname(path), target)));
      return to === null || rank(to) < rank(from);
    });
    expect(upward).toEqual([]);
  });

  test('a fenced library is imported by its own folder only', () => {
    const across = imports.filter(
      ({ path, target }) => FENCES[target] !== undefined && FENCES[target] !== folderOf(path),
    );
    expect(across).toEqual([]);
  });

  test('only config/ reads the environment', () => {
    const readers = sources.filter((path) => /process\.env\b/.test(withoutComments(path)));
    expect(readers).toEqual(['src/config/read-environment.ts']);
  });

  test('client/, protocol/ and base/ run in a browser', () => {
    const node = imports.filter(({ path, target }) => isIn(path, BROWSER_SAFE) && target.startsWith('node:'));
    expect(node).toEqual([]);
    const buffers = sources.filter((path) => isIn(path, BROWSER_SAFE) && /\bBuffer\b/.test(withoutComments(path)));
    expect(buffers).toEqual([]);
    const client = imports.filter(
      ({ path, target }) => folderOf(path) === 'client' && /^\.\.\/(?!protocol|base)/.test(target),
    );
    expect(client).toEqual([]);
  });

  test('room/ and cluster/ take time and chance through their constructors', () => {
    const impure = /\bDate\.now\b|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\b|\bperformance\./;
    expect(sources.filter((path) => isIn(path, PURE) && impure.test(withoutComments(path)))).toEqual([]);
  });

  test(`no file is over ${LINES_MAX} lines`, () => {
    const long = code.map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }));
    expect(long.filter(({ lines }) => lines > LINES_MAX)).toEqual([]);
  });

  test('names of files are kebab-case, and none is a barrel or a catch-all', () => {
    const names = sources.map((path) => path.split('/').pop() ?? '');
    expect(names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(name))).toEqual([]);
    expect(sources.filter((path) => /\/(utils?|helpers?|manager|data|info|index)\.ts$/.test(path))).toEqual([
      'src/index.ts',
    ]);
  });

  test.each(['docs/ARCHITECTURE.md', 'docs/GUARANTEES.md'])('every path that %s names is there', (path) => {
    const page = readFileSync(path, 'utf8');
    const named = [...page.matchAll(/`((?:src|test|bench|infra|docs|examples)\/[\w./-]+)`/g)].map(
      (match) => match[1] ?? '',
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((file) => !existsSync(file))).toEqual([]);
  });
});

function rank(folder: string): number {
  return (LAYERS as readonly string[]).indexOf(folder);
}

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.includes(folderOf(path) ?? '');
}

function withoutComments(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\/\/.*$/gm, '');
}
