/** Every check of docs/RUNBOOK.md runs, against a node and a Redis that are well. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { useNodesInProcess } from '../../support/nodes-in-process.ts';
import { startRedis } from '../../support/redis-server.ts';
import { until } from '../../support/until.ts';

const page = readFileSync(new URL('../../../docs/RUNBOOK.md', import.meta.url), 'utf8');
const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text = '']) => text);
const lines = [...new Set(blocks.flatMap((block) => block.trim().split('\n')))];

/** curl is not on every machine that runs the tests; a path that is not there counts as a failure. */
const CURL = `curl() { "${process.execPath}" -e '
  fetch(process.argv[1]).then(async (answer) => {
    console.log(await answer.text());
    process.exitCode = answer.status === 404 ? 22 : 0;
  });' "\${@: -1}"; }`;

const startNode = useNodesInProcess();

test('the checks of docs/RUNBOOK.md run, and each finds what it looks for', async () => {
  expect(lines.length).toBeGreaterThan(20);
  const server = await startRedis();
  onTestFinished(() => server.stop());
  const node = await startNode({ REDIS_URL: server.url });
  await until(async () => (await node.get('/readyz')).status === 200);
  // Its first look at Redis is part of the metrics.
  await node.get('/api/health');
  const env = { ...process.env, NODE: node.url.replace('ws:', 'http:').replace('/ws', ''), REDIS_URL: server.url };
  for (const line of lines) {
    const run = promisify(execFile)('bash', ['-euo', 'pipefail', '-c', `${CURL}\n${line}`], { env });
    const { stdout } = await run.catch((cause: unknown) => {
      throw new Error(`this line of the page fails: ${line}`, { cause });
    });
    // redis-cli says what went wrong on its output, with exit code 0.
    expect(stdout, line).not.toMatch(/^\(?(ERR|error|NOPERM|NOAUTH)\b/m);
    if (line.includes('grep')) expect(stdout, line).not.toBe('');
  }
});
