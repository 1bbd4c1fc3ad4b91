import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const LOCK_FILE = new URL('./package-lock.json', import.meta.url);
/** Written by npm at the end of an install: there only if it was complete. */
const INSTALLED = new URL('./node_modules/.package-lock.json', import.meta.url);

/** Installs the peers as their lock file says, unless that has been done since it changed. */
export function installPeers(note: (text: string) => void): void {
  const installed = statSync(INSTALLED, { throwIfNoEntry: false });
  if (installed !== undefined && installed.mtimeMs >= statSync(LOCK_FILE).mtimeMs) return;
  note('Installing the peers into bench/peers/node_modules');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Package → version, as bench/peers/package.json pins them. */
export function peerVersions(): Readonly<Record<string, string>> {
  const text = readFileSync(new URL('./package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { dependencies: Record<string, string> }).dependencies;
}
