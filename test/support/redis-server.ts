/** A real redis-server for a test: on a free port, in a folder of its own, without persistence unless `conf` says so. */
import { type RedisProcess, startProcess } from './redis-process.ts';

export interface RedisServer extends RedisProcess {
  readonly url: string;
}

export interface StartRedisOptions {
  /** Lines for redis.conf, as `{ requirepass: 'secret' }`. */
  readonly conf?: Readonly<Record<string, string>>;
  /** The port of one that was stopped, for a restart; else a free one. */
  readonly port?: number;
}

export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const running = await startProcess({
    ...(options.port === undefined ? {} : { port: options.port }),
    args: (port, dir) => {
      const conf = { port: String(port), bind: '127.0.0.1', dir, save: '', appendonly: 'no', ...options.conf };
      return Object.entries(conf).flatMap(([name, value]) => [`--${name}`, ...value.split(' ')]);
    },
    ready: 'Ready to accept connections',
  });
  return { ...running, url: `redis://127.0.0.1:${running.port}` };
}
