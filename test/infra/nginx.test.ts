import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findProgram, provision } from '../../infra/cluster/programs.ts';

const project = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
let prefix: string;

beforeAll(() => {
  provision([{ part: 'nginx', program: 'nginx' }]);
  prefix = mkdtempSync(join(tmpdir(), 'roomcast-nginx-'));
  // As docker-compose.cluster.yml mounts them, except for the names of nodes, which resolve in its network only.
  cpSync(project('nginx.conf'), join(prefix, 'nginx.conf'));
  mkdirSync(join(prefix, 'roomcast'));
  const server = readFileSync(project('infra/nginx/server.conf'), 'utf8');
  // /dev/stdout can be opened in a container, not where it is a socket, as here.
  writeFileSync(join(prefix, 'roomcast/server.conf'), server.replace('/dev/stdout', 'access.log'));
  const upstream = readFileSync(project('infra/nginx/upstream.conf'), 'utf8');
  writeFileSync(join(prefix, 'roomcast/upstream.conf'), upstream.replaceAll(/server node\d+/g, 'server 127.0.0.1'));
});

afterAll(() => rmSync(prefix, { recursive: true, force: true }));

describe('nginx.conf', () => {
  it('with the includes of the compose file is accepted by nginx, without a warning', async () => {
    const args = ['-p', prefix, '-c', join(prefix, 'nginx.conf'), '-e', 'stderr', '-g', 'pid nginx.pid;', '-t', '-q'];
    const { stdout, stderr } = await promisify(execFile)(findProgram('nginx') ?? 'nginx', args);
    expect(stdout + stderr).toBe('');
  });
});
