/** Finds redis-server and nginx, and has infra/provision.sh install them when they are missing. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian keeps nginx in /usr/sbin, which is not on everyone's PATH. */
const BESIDE_PATH = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

export function findProgram(name: string): string | null {
  for (const folder of [...(process.env.PATH ?? '').split(':'), ...BESIDE_PATH]) {
    try {
      const path = join(folder, name);
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Throws when a program is still missing afterwards; the script has said what to do by then. */
export function provision(parts: readonly { readonly part: string; readonly program: string }[]): void {
  const missing = parts.filter(({ program }) => findProgram(program) === null).map(({ part }) => part);
  if (missing.length === 0) return;
  const script = fileURLToPath(new URL('../provision.sh', import.meta.url));
  const { status } = spawnSync(script, missing, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error(`${missing.join(' and ')} could not be installed`);
}
