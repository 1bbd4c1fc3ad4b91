import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { findProgram } from '../../infra/cluster/programs.ts';

/** Where and of what a result was measured, so that it can be judged and repeated. */
export interface Provenance {
  readonly measuredAt: string;
  readonly command: string;
  /** Null outside of a git work tree. */
  readonly commit: string | null;
  /** The work tree differed from the commit. */
  readonly modified: boolean;
  readonly versions: Readonly<Record<string, string>>;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
}

export function provenance(args: readonly string[]): Provenance {
  return {
    measuredAt: new Date().toISOString(),
    command: ['npm run bench --', ...args].join(' '),
    commit: git(['rev-parse', 'HEAD']),
    modified: git(['status', '--porcelain']) !== '',
    versions: {
      roomcast: versionIn('../../package.json'),
      node: process.versions.node,
      uWebSockets: versionIn('../../node_modules/uWebSockets.js/package.json'),
      ...programVersion('redis-server', /v=(\S+)/),
      ...programVersion('nginx', /nginx\/(\S+)/),
    },
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
  };
}

function git(args: readonly string[]): string | null {
  try {
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return null;
  }
}

/** What `--version` tells; nothing where the program is not there. */
function programVersion(name: string, pattern: RegExp): Record<string, string> {
  const path = findProgram(name);
  if (path === null) return {};
  const { stdout, stderr } = spawnSync(path, ['-v'], { encoding: 'utf8' });
  const version = pattern.exec(`${stdout}${stderr}`)?.[1];
  return version === undefined ? {} : { [name]: version };
}

function versionIn(path: string): string {
  const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string };
  return version;
}
