/** `npm run cluster`: a cluster on this machine until Ctrl-C or SIGTERM. See `--help`. */
import { readCommandLine, USAGE, UsageFault } from './options.ts';
import { provision } from './programs.ts';
import { startCluster } from './start-cluster.ts';
import { table } from './table.ts';

const PARENT_LOOK_MS = 250;

const say = (text: string): void => console.log(text);

async function run(): Promise<void> {
  const options = readCommandLine(process.argv.slice(2));
  if (options.help) return say(USAGE);
  provision([
    { part: 'nginx', program: 'nginx' },
    ...(options.redisUrl === null ? [{ part: 'redis', program: 'redis-server' }] : []),
  ]);

  const starting = new AbortController();
  let stop = (): void => starting.abort(new Error('stopped while starting'));
  let asked = false;
  const ask = (): void => {
    // Who asks twice does not want to wait: exiting kills all parts at once.
    if (asked) process.exit(1);
    asked = true;
    stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
  whenNpmIsGone(ask);
  say(`Starting ${options.nodes} ${options.nodes === 1 ? 'node' : 'nodes'} …`);
  const cluster = await startCluster({ ...options, env: process.env, onEvent: say, signal: starting.signal });
  await new Promise<void>((resolve, reject) => {
    stop = () => {
      say('Stopping …');
      cluster.stop().then(resolve, reject);
    };
    if (asked) stop();
    else say(table(cluster));
  });
}

/**
 * A SIGTERM for npm ends npm and the shell between it and us, but does not reach us. Under npm, losing one's parent
 * therefore means to stop; anyone else may start a cluster and leave.
 */
function whenNpmIsGone(stop: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    stop();
  }, PARENT_LOOK_MS);
  look.unref();
}

run().catch((cause: unknown) => {
  console.error(`cluster: ${cause instanceof Error ? cause.message : String(cause)}`);
  if (cause instanceof UsageFault) console.error('         (--help lists the options)');
  process.exitCode = cause instanceof UsageFault ? 2 : 1;
});
