/**
 * A Redis in a network namespace of its own, as on a machine of its own: each node reaches it by another pair of
 * virtual interfaces. One end of a pair can be made to drop all that it sends. Nothing is closed then and nobody is
 * told, as where a cable is cut.
 *
 * Needs root and `ip` (iproute2). The namespace is the test's own, and goes with all that is in it.
 */
import { spawnSync } from 'node:child_process';
import type { Guard } from '../../support/guard.ts';
import { KeptRedis } from './kept-redis.ts';
import type { Store } from './store.ts';
import type { Direction } from './tcp-link.ts';

interface Line {
  /** Of the interface that the node's packets leave by. */
  readonly here: string;
  /** Of the one that those of Redis leave by. */
  readonly there: string;
  readonly redisHost: string;
}

/** A queue of one byte, into which no packet goes: kernels that lack finer means have it. */
const DROP_ALL = ['root', 'bfifo', 'limit', '1'];

export class NamespacedRedis implements Store {
  readonly #redis: KeptRedis;
  readonly #namespace: string;
  readonly #lines: ReadonlyMap<string, Line>;

  private constructor(redis: KeptRedis, namespace: string, lines: ReadonlyMap<string, Line>) {
    this.#redis = redis;
    this.#namespace = namespace;
    this.#lines = lines;
  }

  /** Whether namespaces, pairs and queues can be made here. */
  static isPossible(): boolean {
    if (process.getuid?.() !== 0) return false;
    const name = `rc-try-${process.pid}`;
    const works = [
      ['ip', 'netns', 'add', name],
      ['ip', '-n', name, 'link', 'add', 'try0', 'type', 'veth', 'peer', 'name', 'try1'],
      ['tc', '-n', name, 'qdisc', 'add', 'dev', 'try0', ...DROP_ALL],
    ].every(([program = '', ...args]) => spawnSync(program, args, { stdio: 'ignore' }).status === 0);
    spawnSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
    return works;
  }

  static async start(guard: Guard, nodeIds: readonly string[]): Promise<NamespacedRedis> {
    const namespace = `rc-redis-${process.pid}`;
    guard.command('ip', ['netns', 'del', namespace]);
    run('ip', 'netns', 'add', namespace);
    run('ip', '-n', namespace, 'link', 'set', 'lo', 'up');
    const lines = new Map(nodeIds.map((id, i) => [id, newLine(namespace, i)]));
    const redis = await KeptRedis.start(guard, {
      through: ['ip', 'netns', 'exec', namespace],
      args: ['--bind', '0.0.0.0', '--protected-mode', 'no'],
    });
    return new NamespacedRedis(redis, namespace, lines);
  }

  async address(): ReturnType<Store['address']> {
    const [first] = this.#lines.values();
    return { host: first?.redisHost ?? '', port: this.#redis.port };
  }

  nodeEnv(nodeId: string): Readonly<Record<string, string>> {
    return { REDIS_URL: `redis://${this.#line(nodeId).redisHost}:${this.#redis.port}` };
  }

  drop(nodeId: string, direction: Direction): void {
    const { here, there } = this.#line(nodeId);
    if (direction === 'to Redis') run('tc', 'qdisc', 'add', 'dev', here, ...DROP_ALL);
    else run('tc', '-n', this.#namespace, 'qdisc', 'add', 'dev', there, ...DROP_ALL);
  }

  mend(nodeId: string): void {
    const { here, there } = this.#line(nodeId);
    spawnSync('tc', ['qdisc', 'del', 'dev', here, 'root'], { stdio: 'ignore' });
    spawnSync('tc', ['-n', this.#namespace, 'qdisc', 'del', 'dev', there, 'root'], { stdio: 'ignore' });
  }

  #line(nodeId: string): Line {
    const line = this.#lines.get(nodeId);
    if (line === undefined) throw new Error(`no line for ${nodeId}`);
    return line;
  }
}

/** Link-local addresses (RFC 3927), which no route of this machine leads to. */
function newLine(namespace: string, index: number): Line {
  const net = `169.254.${100 + index}`;
  // Names of interfaces have at most 15 characters.
  const [here, there] = [`rc${process.pid}h${index}`, `rc${process.pid}t${index}`];
  run('ip', 'link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', namespace);
  run('ip', 'addr', 'add', `${net}.1/30`, 'dev', here);
  run('ip', 'link', 'set', here, 'up');
  run('ip', '-n', namespace, 'addr', 'add', `${net}.2/30`, 'dev', there);
  run('ip', '-n', namespace, 'link', 'set', there, 'up');
  return { here, there, redisHost: `${net}.2` };
}

function run(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}
