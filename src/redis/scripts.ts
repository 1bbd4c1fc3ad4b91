import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** One Lua file: an operation that Redis runs without a pause. Its header says what it takes and gives. */
export interface Script {
  readonly text: string;
  /** By which Redis knows it once it is loaded. */
  readonly sha: string;
}

export const SCRIPTS = {
  roomClaim: load('room-claim'),
  roomTransfer: load('room-transfer'),
  roomCommit: load('room-commit'),
  roomRelease: load('room-release'),
  logAppend: load('log-append'),
  nodeRenew: load('node-renew'),
  nodeRemove: load('node-remove'),
  sessionOpen: load('session-open'),
} as const satisfies Record<string, Script>;

function load(name: string): Script {
  const text = readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8');
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}
