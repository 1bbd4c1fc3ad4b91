/** The program of guard.ts: reads what to clean up, waits for the end of its input, and does so. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ClusterFiles } from '../../infra/cluster/files.ts';
import { groupLives, lives, type ProcessIdentity, signalGroup } from '../../infra/cluster/process-table.ts';
import type { Guarded } from './guard.ts';
import { until } from './until.ts';

const all: Guarded[] = [];
for await (const line of createInterface({ input: process.stdin })) all.push(JSON.parse(line) as Guarded);

const identities = all.flatMap((guarded): readonly ProcessIdentity[] => {
  if (guarded.kind === 'process') return [guarded.identity];
  return guarded.kind === 'cluster' ? (new ClusterFiles(guarded.dir).readProcesses()?.parts ?? []) : [];
});
for (const identity of identities) {
  // A part of a cluster leads a group; what a test starts itself may belong to the group of the test.
  signalGroup(identity, 'SIGKILL');
  if (lives(identity)) process.kill(identity.pid, 'SIGKILL');
}
await until(() => !identities.some(groupLives), { what: 'all processes to be gone' });
for (const guarded of all) {
  if (guarded.kind === 'cluster') rmSync(guarded.dir, { recursive: true, force: true });
  if (guarded.kind === 'folder') rmSync(guarded.path, { recursive: true, force: true });
  if (guarded.kind === 'command') spawnSync(guarded.program, guarded.args, { stdio: 'ignore' });
}
