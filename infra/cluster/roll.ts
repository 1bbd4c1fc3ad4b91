/**
 * `npm run cluster:roll`: restarts the nodes of a running local cluster one after another, as a deploy does. Each drains
 * (SIGTERM), ends, is started again by its supervisor, and has to be ready before the next one goes. Nothing here keeps a
 * node alive, so whoever stops this in the middle leaves a whole cluster.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type ClusterFile, ClusterFiles } from './files.ts';
import { DEFAULT_DIR } from './options.ts';
import { lives, type ProcessIdentity } from './process-table.ts';
import { readyz } from './ready.ts';
import { END_WITHIN_MS, READY_WITHIN_MS } from './supervisor.ts';

type Node = ClusterFile['nodes'][number];

const LOOK_AGAIN_MS = 50;
const USAGE = `Restarts the nodes of a cluster that \`npm run cluster\` started, one after another.

  npm run cluster:roll -- [--dir DIR]

  --dir DIR   the folder of the cluster (default ${DEFAULT_DIR})
`;

const say = (text: string): void => console.log(text);
const seconds = (sinceMs: number): string => `${((performance.now() - sinceMs) / 1000).toFixed(1)} s`;

async function run(): Promise<void> {
  const { values } = parseArgs({
    options: { dir: { type: 'string', default: DEFAULT_DIR }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) return say(USAGE);
  const files = new ClusterFiles(values.dir);
  const { nodes } = await wholeCluster(files);
  let under: Node | null = null;
  process.once('SIGINT', () => {
    say(
      under === null ? '\nStopped.' : `\nStopped. ${under.id} comes back by itself; the nodes behind it keep running.`,
    );
    process.exit(130);
  });
  for (const node of nodes) {
    under = node;
    await restart(files, node);
    under = null;
  }
  say(`All ${nodes.length} run anew.`);
}

/** The cluster, if each of its nodes can be restarted and does its work now. */
async function wholeCluster(files: ClusterFiles): Promise<ClusterFile> {
  const processes = files.readProcesses();
  if (processes === null) throw new Error(`no cluster runs in ${files.dir}: start one with \`npm run cluster\``);
  if (!lives(processes.supervisor)) {
    throw new Error(
      `the cluster in ${files.dir} lost its supervisor: end what is left of it with \`npm run cluster:stop\``,
    );
  }
  if (!processes.restart) {
    throw new Error('the cluster was started with --no-restart: its nodes would stay ended; start it without');
  }
  const cluster = files.readCluster();
  if (cluster === null)
    throw new Error(`the cluster in ${files.dir} is still starting: wait until it says that it runs`);
  for (const { id, port } of cluster.nodes) {
    if (!(await readyz(port))) throw new Error(`${id} is not ready: see ${files.log(id)}, and roll when it is`);
  }
  return cluster;
}

async function restart(files: ClusterFiles, { id, pid, port }: Node): Promise<void> {
  const identity = identityOf(files, pid);
  if (identity === null) throw new Error(`${id} has died meanwhile; roll again when it is back`);
  const drainsSince = performance.now();
  say(`${id}  drains …`);
  process.kill(pid, 'SIGTERM');
  await until(() => !lives(identity), END_WITHIN_MS, `${id} (pid ${pid}) does not end: see ${files.log(id)}`);
  const startsSince = performance.now();
  say(`${id}  ended after ${seconds(drainsSince)}, starts again …`);
  const isReady = async (): Promise<boolean> => {
    const now = files.readCluster()?.nodes.find((node) => node.id === id);
    return now !== undefined && now.pid !== pid && (await readyz(port));
  };
  await until(isReady, READY_WITHIN_MS, `${id} does not come back: see ${files.log(id)}; the nodes behind it run on`);
  say(`${id}  is ready after ${seconds(startsSince)}`);
}

function identityOf(files: ClusterFiles, pid: number): ProcessIdentity | null {
  const found = files.readProcesses()?.parts.find((part) => part.pid === pid);
  return found !== undefined && lives(found) ? found : null;
}

async function until(isSo: () => boolean | Promise<boolean>, withinMs: number, failure: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(failure);
    await pause(LOOK_AGAIN_MS);
  }
}

run().catch((cause: unknown) => {
  console.error(`cluster:roll: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
});
