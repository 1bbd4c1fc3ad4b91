/** The command line of `npm run cluster`. */
import { parseArgs } from 'node:util';

export interface CommandLine {
  readonly nodes: number;
  /** Where nginx listens; null: 8080, or the next free one. */
  readonly port: number | null;
  readonly redisUrl: string | null;
  readonly restart: boolean;
  readonly dir: string;
  readonly keep: boolean;
  readonly help: boolean;
}

export const DEFAULT_DIR = '.cluster';
/** More than a desk can use, and few enough for the ports that they take. */
const NODES_MAX = 64;

export const USAGE = `Runs a Roomcast cluster on this machine: Redis, nodes and nginx.

  npm run cluster -- [options]

  --nodes N       number of nodes (default 3)
  --port P        port of nginx (default 8080, or the next free one)
  --redis URL     use the Redis there and start none
  --no-restart    leave a part dead that dies; else it is started again after 3 s
  --dir DIR       folder of its files (default ${DEFAULT_DIR}); one cluster per folder
  --keep          keep Redis data and logs in that folder when it stops
  --help          this text

Settings of the nodes come from the environment (docs/CONFIG.md), except PORT, HOST, NODE_ID and REDIS_URL.
`;

/** A command line that can't be followed; the message says why. */
export class UsageFault extends Error {}

export function readCommandLine(args: readonly string[]): CommandLine {
  const values = parse(args);
  const redisUrl = values.redis ?? null;
  if (redisUrl !== null && !/^rediss?:$/.test(URL.parse(redisUrl)?.protocol ?? '')) {
    throw new UsageFault(`--redis is "${redisUrl}": expected redis://host:port or rediss://host:port`);
  }
  if (values.dir === '') throw new UsageFault('--dir is empty: expected a path of a folder');
  return {
    nodes: wholeNumber('--nodes', values.nodes, 1, NODES_MAX),
    port: values.port === undefined ? null : wholeNumber('--port', values.port, 1, 65_535),
    redisUrl,
    restart: !values['no-restart'],
    dir: values.dir,
    keep: values.keep,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: { type: 'string', default: '3' },
        port: { type: 'string' },
        redis: { type: 'string' },
        'no-restart': { type: 'boolean', default: false },
        dir: { type: 'string', default: DEFAULT_DIR },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageFault(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(name: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw new UsageFault(`${name} is "${text}": expected a whole number from ${min} to ${max}`);
}
