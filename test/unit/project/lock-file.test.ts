import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Entry {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function packagesOf(lockFile: string): Record<string, Entry> {
  return (JSON.parse(readFileSync(lockFile, 'utf8')) as { packages: Record<string, Entry> }).packages;
}

const LOCK_FILES = [
  ['package-lock.json', 100],
  ['bench/peers/package-lock.json', 40],
] as const;

/** Where Node would look for `name` from the package at `path`, nearest first. */
function places(path: string, name: string): string[] {
  const folders =
    path === '' ? [] : path.split('/node_modules/').map((_, i, all) => all.slice(0, i + 1).join('/node_modules/'));
  return [...folders.reverse().map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
}

test.each(LOCK_FILES)('%s holds the binaries of every platform, without which npm ci refuses it', (file, atLeast) => {
  const packages = packagesOf(file);
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter((name) => !places(path, name).some((place) => place in packages)),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(packages).length).toBeGreaterThan(atLeast);
});

test.each(LOCK_FILES)('%s carries no addresses', (file) => {
  expect(Object.entries(packagesOf(file)).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
});
