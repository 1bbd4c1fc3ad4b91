import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Guard } from '../support/guard.ts';
import { until } from '../support/until.ts';

const sleepers: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  for (const sleeper of sleepers.splice(0)) sleeper.kill('SIGKILL');
});

/** Far longer than any test. */
function sleeper(detached: boolean): ChildProcess {
  const child = spawn('sleep', ['1000'], { stdio: 'ignore', detached });
  sleepers.push(child);
  return child;
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'roomcast-guard-'));
  folders.push(folder);
  return folder;
}

describe('a guard', () => {
  it.each([true, false])('ends processes, with a group of their own: %s', async (detached) => {
    const child = sleeper(detached);
    const guard = new Guard();
    guard.process(child.pid ?? 0, 'sleep');
    await guard.end();
    await until(() => child.signalCode === 'SIGKILL');
  });

  it('leaves alone what it was not told of, or what has ended', async () => {
    const [own, other] = [sleeper(false), sleeper(false)];
    const guard = new Guard();
    guard.process(own.pid ?? 0, 'sleep');
    own.kill('SIGTERM');
    await until(() => own.signalCode !== null);
    await guard.end();
    expect(other.signalCode).toBeNull();
  });

  it('removes folders and runs commands, after the process that made it is gone', async () => {
    const [folder, made] = [newFolder(), join(newFolder(), 'made')];
    const script = `
      import { Guard } from ${JSON.stringify(new URL('../support/guard.ts', import.meta.url).href)};
      const guard = new Guard();
      guard.folder(${JSON.stringify(folder)});
      guard.command('touch', [${JSON.stringify(made)}]);
      process.kill(process.pid, 'SIGKILL');
    `;
    const path = join(newFolder(), 'owner.ts');
    writeFileSync(path, script);
    const owner = spawn(process.execPath, [path], { stdio: 'ignore' });
    await until(() => owner.signalCode === 'SIGKILL', { timeoutMs: 20_000 });
    await until(() => !existsSync(folder) && existsSync(made), { timeoutMs: 20_000 });
  });
});
