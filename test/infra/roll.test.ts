/** `npm run cluster:roll`: every node is another process afterwards, one went at a time, and nobody noticed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClusterFile } from '../../infra/cluster/files.ts';
import { provision } from '../../infra/cluster/programs.ts';
import { Player } from '../support/independent/player.ts';
import { judge, showViolations } from '../support/independent/verdict.ts';
import { until } from '../support/until.ts';
import { Command, program, stop, WAIT } from './cluster-command.ts';

let parent: string;
let dir: string;
const rolls: Roll[] = [];

class Roll {
  output = '';
  code: number | null | undefined;
  readonly #child: ChildProcess;

  constructor() {
    this.#child = spawn(process.execPath, [program('roll'), '--dir', dir], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes) => {
        this.output += String(bytes);
      });
    }
    this.#child.once('close', (code) => {
      this.code = code;
    });
    rolls.push(this);
  }

  async ended(): Promise<number | null | undefined> {
    await until(() => this.code !== undefined, { timeoutMs: 90_000 });
    return this.code;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }
}

beforeAll(() => {
  provision([
    { part: 'redis', program: 'redis-server' },
    { part: 'nginx', program: 'nginx' },
  ]);
});

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'roomcast-roll-'));
  dir = join(parent, 'cluster');
});

afterEach(() => {
  for (const roll of rolls.splice(0)) if (roll.code === undefined) roll.kill('SIGKILL');
  stop(dir);
  rmSync(parent, { recursive: true, force: true });
});

const pids = ({ nodes }: ClusterFile): number[] => nodes.map(({ pid }) => pid);

describe('npm run cluster:roll', () => {
  it('[P7] restarts each node in turn, and members lose nothing', async () => {
    const cluster = await new Command(dir, ['--nodes', '2']).ready();
    const before = cluster.file;
    const players = before.nodes.map((_, i) => {
      return new Player({ name: `p${i}`, urls: [`${before.url}?room=${encodeURIComponent(`demo:${i}`)}`] });
    });
    for (const player of players) {
      player.start();
      player.join('demo:1');
    }
    let sent = 0;
    const timer = setInterval(() => {
      for (const player of players) player.say('demo:1', `${player.name}-${++sent}`);
    }, 100);
    try {
      const roll = new Roll();
      expect(await roll.ended(), roll.output).toBe(0);
      expect(roll.output).toMatch(/node1 {2}drains …\nnode1 {2}ended after .* s, starts again …\nnode1 {2}is ready/);
      expect(roll.output.indexOf('node2  drains')).toBeGreaterThan(roll.output.indexOf('node1  is ready'));
      expect(roll.output).toContain('All 2 run anew.');
    } finally {
      clearInterval(timer);
    }
    const after = cluster.file;
    expect(after.nodes.map(({ id, port }) => [id, port])).toEqual(before.nodes.map(({ id, port }) => [id, port]));
    expect(pids(after).filter((pid) => pids(before).includes(pid))).toEqual([]);
    // A node that ended in peace is started again at once.
    expect(cluster.output).toContain('node1 ended (exit code 0), starts again\n');
    await until(() => players.every((player) => player.isSettled), WAIT);
    expect(showViolations(judge(players))).toBe('');
    for (const player of players) player.stop();
  });

  it('leaves a whole cluster when it is stopped in the middle', async () => {
    const cluster = await new Command(dir, ['--nodes', '2']).ready();
    const [first, second] = pids(cluster.file);
    const roll = new Roll();
    await until(() => roll.output.includes('node1  drains'), WAIT);
    roll.kill('SIGINT');
    expect(await roll.ended()).toBe(130);
    expect(roll.output).toContain('node1 comes back by itself');
    await until(() => !pids(cluster.file).includes(first ?? 0), WAIT);
    for (const { port } of cluster.file.nodes) {
      await until(async () => (await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => null))?.ok === true, WAIT);
    }
    expect(pids(cluster.file)).toContain(second);
  });

  it('says what to do where it can not', async () => {
    const nowhere = new Roll();
    expect(await nowhere.ended()).toBe(1);
    expect(nowhere.output).toContain('start one with `npm run cluster`');
    await new Command(dir, ['--nodes', '1', '--no-restart']).ready();
    const stays = new Roll();
    expect(await stays.ended()).toBe(1);
    expect(stays.output).toContain('--no-restart');
  });
});
