import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterFile } from '../../infra/cluster/files.ts';
import { freePorts, isFree } from '../../infra/cluster/ports.ts';
import { groupLives, type ProcessIdentity } from '../../infra/cluster/process-table.ts';
import { provision } from '../../infra/cluster/programs.ts';
import { startRedis } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { Command, stop, WAIT } from './cluster-command.ts';

/** One command whose answer fits into one packet. */
const askRedis = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString('utf8'));
    });
  });

const readyz = async (port: number): Promise<number> => (await fetch(`http://127.0.0.1:${port}/readyz`)).status;

let parent: string;
let dir: string;

beforeAll(() => {
  provision([
    { part: 'redis', program: 'redis-server' },
    { part: 'nginx', program: 'nginx' },
  ]);
});

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'roomcast-cluster-'));
  dir = join(parent, 'cluster');
});

afterEach(() => {
  stop(dir);
  rmSync(parent, { recursive: true, force: true });
});

async function expectNothingLeft(processes: readonly ProcessIdentity[], ports: readonly number[]): Promise<void> {
  expect(processes.filter(groupLives)).toEqual([]);
  expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
  expect(readdirSync(parent)).toEqual([]);
}

const portsOf = ({ nginx, redis, nodes }: ClusterFile): number[] => [nginx, redis, ...nodes].map(({ port }) => port);

describe('npm run cluster', () => {
  it('starts Redis, nodes and nginx, says what runs where, and stops them on SIGINT', async () => {
    const [port = 0] = await freePorts(1);
    const cluster = await new Command(dir, ['--nodes', '2', '--port', String(port)]).ready();
    const { file, processes } = cluster;

    expect(file).toEqual({
      url: `ws://127.0.0.1:${port}/ws`,
      nginx: { pid: expect.any(Number), port },
      redis: { pid: expect.any(Number), port: expect.any(Number) },
      nodes: [
        { id: 'node1', pid: expect.any(Number), port: expect.any(Number) },
        { id: 'node2', pid: expect.any(Number), port: expect.any(Number) },
      ],
    });
    for (const each of [file.nginx, ...file.nodes]) expect(await readyz(each.port)).toBe(200);
    const setting = await askRedis(file.redis.port, 'CONFIG GET appendfsync');
    expect(setting).toContain('everysec');
    for (const part of ['nginx', 'node1', 'node2', 'redis']) expect(cluster.output).toContain(`logs/${part}.log`);
    expect(cluster.output).toContain(`join('${file.url}')`);

    cluster.kill('SIGINT');
    expect(await cluster.ended()).toBe(0);
    await expectNothingLeft(processes, portsOf(file));
  });

  it('closes metrics, admin paths and room states to the outside, also when written otherwise', async () => {
    const cluster = await new Command(dir, ['--nodes', '1']).ready();
    const base = `http://127.0.0.1:${cluster.file.nginx.port}`;
    const status = async (path: string): Promise<number> => (await fetch(base + path)).status;
    for (const path of [
      '/metrics',
      '/api/admin',
      '/api/rooms/demo:1',
      '/api//rooms/x',
      '/api/%72ooms/x',
      '/api/rooms%2Fx',
    ]) {
      expect(await status(path), path).toBe(404);
    }
    for (const path of ['/healthz', '/readyz', '/api/cluster', '/api/rooms'])
      expect(await status(path), path).toBe(200);
    expect(await status('/healthz?room=secret-room')).toBe(200);
    await until(() => readFileSync(join(dir, 'logs/nginx.log'), 'utf8').includes('GET /healthz'));
    expect(readFileSync(join(dir, 'logs/nginx.log'), 'utf8')).not.toContain('secret-room');
  });

  it('starts a part that dies again, with the same id, port and folder, and says so in the file', async () => {
    const cluster = await new Command(dir, ['--nodes', '2']).ready();
    const before = cluster.file;
    const killed = [before.nodes[1]?.pid, before.nginx.pid, before.redis.pid];
    for (const pid of killed) process.kill(pid ?? 0, 'SIGKILL');

    await until(() => portsOf(cluster.file).length === 4 && !overlap(pidsOf(cluster.file), killed), WAIT);
    const after = cluster.file;
    expect(portsOf(after)).toEqual(portsOf(before));
    expect(after.nodes.map(({ id }) => id)).toEqual(['node1', 'node2']);
    expect(after.nodes[0]).toEqual(before.nodes[0]);
    for (const { port } of [...after.nodes, after.nginx]) await until(async () => (await readyz(port)) === 200, WAIT);
    expect(cluster.output).toContain('node2 ended (signal SIGKILL), starts again in 3 s');
    expect(readdirSync(join(dir, 'redis'))).not.toEqual([]);
  });

  it('leaves it dead with --no-restart', async () => {
    const cluster = await new Command(dir, ['--nodes', '1', '--no-restart']).ready();
    process.kill(cluster.file.nodes[0]?.pid ?? 0, 'SIGKILL');
    await until(() => cluster.output.includes('node1 ended (signal SIGKILL) and stays so'), WAIT);
  });

  it('uses the Redis that --redis names, and leaves it alone', async () => {
    const redis = await startRedis();
    try {
      const cluster = await new Command(dir, ['--nodes', '1', '--redis', redis.url]).ready();
      expect(cluster.file.redis).toEqual({ pid: null, port: redis.port });
      cluster.kill('SIGTERM');
      expect(await cluster.ended()).toBe(0);
      expect(await askRedis(redis.port, 'PING')).toContain('PONG');
    } finally {
      await redis.stop();
    }
  });

  it('keeps data and logs with --keep', async () => {
    const cluster = await new Command(dir, ['--nodes', '1', '--keep']).ready();
    cluster.kill('SIGTERM');
    await cluster.ended();
    expect(readdirSync(dir).sort()).toEqual(['.roomcast-cluster', 'logs', 'redis']);
  });
});

describe('npm run cluster:stop', () => {
  it('stops the cluster of its folder', async () => {
    const cluster = await new Command(dir, ['--nodes', '1']).ready();
    const { file, processes } = cluster;
    expect(stop(dir)).toContain('Stopped');
    expect(await cluster.ended()).toBe(0);
    await expectNothingLeft(processes, portsOf(file));
  });

  it('ends what a killed supervisor left, even the workers of a killed nginx', async () => {
    const cluster = await new Command(dir, ['--nodes', '1']).ready();
    const { file, processes } = cluster;
    cluster.kill('SIGKILL');
    await cluster.ended();
    process.kill(file.nginx.pid, 'SIGKILL');

    const again = new Command(dir);
    expect(await again.ended()).toBe(1);
    expect(again.output).toContain('lost its supervisor');
    stop(dir);
    await expectNothingLeft(processes, portsOf(file));
  });

  it('says that there is nothing to stop', () => {
    expect(stop(dir)).toContain('No cluster runs in');
  });
});

describe('a start that can not be', () => {
  it('says that a cluster runs in this folder already, and leaves it alone', async () => {
    const cluster = await new Command(dir, ['--nodes', '1']).ready();
    const second = new Command(dir, ['--nodes', '1']);
    expect(await second.ended()).toBe(1);
    expect(second.output).toContain(`a cluster runs in ${dir} already`);
    expect(await readyz(cluster.file.nginx.port)).toBe(200);
  });

  it('shows why a node did not start, and leaves nothing', async () => {
    const cluster = new Command(dir, ['--nodes', '2'], { ROOMS_MAX: 'many' });
    expect(await cluster.ended()).toBe(1);
    expect(cluster.output).toMatch(/node[12] did not start: exit code \d+/);
    expect(cluster.output).toContain('ROOMS_MAX is "many"');
    expect(existsSync(dir)).toBe(false);
  });

  it('is refused on a taken port, and without the Redis that it names', async () => {
    const taken = createServer();
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port));
    });
    try {
      const onPort = new Command(dir, ['--port', String(port)]);
      expect(await onPort.ended()).toBe(1);
      expect(onPort.output).toContain(`port ${port} is taken`);
      const withoutRedis = new Command(dir, ['--redis', 'redis://127.0.0.1:1']);
      expect(await withoutRedis.ended()).toBe(1);
      expect(withoutRedis.output).toContain('no Redis answers at 127.0.0.1:1');
    } finally {
      await new Promise((resolve) => taken.close(resolve));
    }
    expect(readdirSync(parent)).toEqual([]);
  });

  it('leaves a folder alone that holds something else', async () => {
    writeFileSync(join(parent, 'letter.txt'), 'mine');
    const cluster = new Command(parent);
    expect(await cluster.ended()).toBe(1);
    expect(cluster.output).toContain("holds files that are not a cluster's");
    expect(readdirSync(parent)).toEqual(['letter.txt']);
  });
});

const pidsOf = ({ nginx, redis, nodes }: ClusterFile): (number | null)[] =>
  [nginx, redis, ...nodes].map(({ pid }) => pid);
const overlap = <T>(a: readonly T[], b: readonly (T | undefined)[]): boolean => a.some((each) => b.includes(each));
