import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('../../infra/provision.sh', import.meta.url));
/** A PATH on which nothing is installed and nobody is root. */
const bare = mkdtempSync(join(tmpdir(), 'roomcast-bare-'));
for (const [name, line] of [
  ['id', 'echo 1000'],
  ['apt-get', 'echo "apt-get was run" >&2'],
]) {
  writeFileSync(join(bare, name ?? ''), `#!/bin/sh\n${line}\n`);
  chmodSync(join(bare, name ?? ''), 0o755);
}

afterAll(() => rmSync(bare, { recursive: true, force: true }));

function provision(args: readonly string[], path: string) {
  return spawnSync('/bin/bash', [script, ...args], { env: { PATH: path }, encoding: 'utf8' });
}

describe('infra/provision.sh', () => {
  it('does nothing when all is there', () => {
    const everything = process.env.PATH ?? '';
    const { status, stdout, stderr } = provision(['redis', 'nginx'], everything);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('prints the one command to run to those who are not root', () => {
    const { status, stderr } = provision(['chromium'], bare);
    expect(status).toBe(1);
    expect(stderr).toContain("sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends chromium'");
    expect(stderr).not.toContain('apt-get was run');
  });

  it('refuses a part that it does not know', () => {
    const { status, stderr } = provision(['mysql'], bare);
    expect(status).toBe(2);
    expect(stderr).toContain("unknown part 'mysql' (known: redis nginx chromium prometheus)");
  });
});
