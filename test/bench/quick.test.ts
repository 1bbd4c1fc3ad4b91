/** The bench runs whole, and each of its scenarios checks what was delivered: none may lose, double or disorder anything. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SCENARIOS } from '../../bench/registry.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** In less than this all of them are through. */
const ALL_MS = 300_000;

test(
  'npm run bench -- all --quick: every scenario works, and keeps what the contract promises',
  async () => {
    // vitest sets NODE_ENV for its own process; a user's shell has none.
    const { NODE_ENV: _, ...env } = process.env;
    const args = ['bench/main.ts', 'all', '--quick'];
    const bench = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [bench.stdout, bench.stderr]) {
      stream.on('data', (bytes) => {
        output += String(bytes);
      });
    }
    // It stops what it has started.
    const timer = setTimeout(() => bench.kill('SIGTERM'), ALL_MS - 10_000);
    const code = await new Promise((resolve) => void bench.once('close', resolve));
    clearTimeout(timer);
    expect(code, output).toBe(0);
    for (const { name, apart } of SCENARIOS) if (apart === undefined) expect(output).toMatch(`\n${name} `);
  },
  ALL_MS,
);
