import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { findProgram, provision } from '../../infra/cluster/programs.ts';

const project = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

beforeAll(() => provision([{ part: 'prometheus', program: 'promtool' }]));

/** Rejects with what it wrote when it is not content. */
async function promtool(...args: string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(findProgram('promtool') ?? 'promtool', args);
  return stdout + stderr;
}

describe('infra/prometheus, by promtool', () => {
  it.each(['prometheus.yml', 'kubernetes.yml'])('%s is a configuration, with rules', async (name) => {
    const said = await promtool('check', 'config', project(`infra/prometheus/${name}`));
    expect(said).toContain('rules found');
    expect(said).not.toMatch(/warn|fail/i);
  });

  it('alerts.yml has rules without faults or doubles', async () => {
    const said = await promtool('check', 'rules', '--lint=all', '--lint-fatal', project('infra/prometheus/alerts.yml'));
    expect(said).toMatch(/SUCCESS: \d+ rules found/);
  });

  it('alerts fire when they should, and not before', async () => {
    expect(await promtool('test', 'rules', project('test/infra/alerts.yml'))).toContain('SUCCESS');
  });
});
