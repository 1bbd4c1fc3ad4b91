/**
 * `npm run cluster:stop`: stops the cluster of a folder (--dir, as given to its start). Also ends what a cluster
 * left running whose supervisor was killed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ClusterFiles } from './files.ts';
import { DEFAULT_DIR } from './options.ts';
import { commandLine, lives } from './process-table.ts';
import { END_WITHIN_MS, endGroup } from './supervisor.ts';

/** Longer than a supervisor waits for its three kinds of parts to end. */
const SUPERVISOR_ENDS_WITHIN_MS = 3 * END_WITHIN_MS + 15_000;

async function run(): Promise<void> {
  const { values } = parseArgs({ options: { dir: { type: 'string', default: DEFAULT_DIR } } });
  const files = new ClusterFiles(values.dir);
  const processes = files.readProcesses();
  if (processes === null) return console.log(`No cluster runs in ${files.dir}.`);

  const { supervisor } = processes;
  if (lives(supervisor)) {
    const command = commandLine(supervisor.pid);
    if (!command.includes('cluster/main.ts')) {
      throw new Error(
        `the cluster belongs to process ${supervisor.pid} (${command}), which is not \`npm run cluster\``,
      );
    }
    process.kill(supervisor.pid, 'SIGTERM');
    const deadline = performance.now() + SUPERVISOR_ENDS_WITHIN_MS;
    while (lives(supervisor)) {
      if (performance.now() > deadline) throw new Error(`process ${supervisor.pid} does not end`);
      await pause(50);
    }
  }
  // The supervisor has done all this by itself, unless it was killed.
  const left = files.readProcesses();
  if (left !== null) {
    await Promise.all(left.parts.map(endGroup));
    files.remove(left.keep);
  }
  console.log('Stopped.');
}

run().catch((cause: unknown) => {
  console.error(`cluster:stop: ${cause instanceof Error ? cause.message : String(cause)}`);
  process.exitCode = 1;
});
