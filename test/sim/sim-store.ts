/**
 * The store's twins behind a node's connection to it. What they did is told to the checkers at the moment that it is done,
 * whether its answer arrives or not.
 */
import type { Claim, ClaimRequest } from '../../src/cluster/ports.ts';
import type { StorePorts } from '../../src/node/store-ports.ts';
import type { Commit, LogAppend, WriteResult } from '../../src/room/ports.ts';
import type { SimMailbox } from './sim-mailbox.ts';
import type { StoreLine } from './store-line.ts';

/** The store's writes that make a room's history. */
export interface StoreWitness {
  claimed(request: ClaimRequest, claim: Claim): void;
  committed(commit: Commit, result: WriteResult): void;
  appended(append: LogAppend, result: WriteResult): void;
  released(room: string, epoch: number, ttlMs: number, isDone: boolean): void;
}

export function simPorts(ports: StorePorts, mailbox: SimMailbox, line: StoreLine, witness: StoreWitness): StorePorts {
  const { nodes, directory, snapshots, log, sessions } = ports;
  return {
    mailbox,
    nodes: {
      renew: (self, ttlMs) => line.call('renew', () => nodes.renew(self, ttlMs)),
      isConnected: (node) => line.call(`isConnected ${node}`, () => nodes.isConnected(node)),
      isAlive: (node) => line.call(`isAlive ${node}`, () => nodes.isAlive(node)),
      remove: (node) => line.call(`remove ${node}`, () => nodes.remove(node)),
    },
    directory: {
      claim: (request) =>
        line.call(`claim ${request.room} dead ${request.dead}`, async () => {
          const claim = await directory.claim(request);
          witness.claimed(request, claim);
          return claim;
        }),
      transfer: (room, self, epoch, to, ttlMs) =>
        line.call(`transfer ${room} to ${to}`, () => directory.transfer(room, self, epoch, to, ttlMs)),
      release: (room, self, epoch, ttlMs) =>
        line.call(`release ${room} ttl ${ttlMs}`, async () => {
          const isDone = await directory.release(room, self, epoch, ttlMs);
          witness.released(room, epoch, ttlMs, isDone);
          return isDone;
        }),
    },
    snapshots: {
      commit: (batch) =>
        line.call(`commit ${batch.map(({ room, seq }) => `${room}/${seq}`).join(' ')}`, async () => {
          const results = await snapshots.commit(batch);
          for (const [i, commit] of batch.entries()) witness.committed(commit, results[i] ?? 'fenced');
          return results;
        }),
    },
    log: {
      append: (batch) =>
        line.call(`append ${batch.map(({ room, seq }) => `${room}/${seq}`).join(' ')}`, async () => {
          const results = await log.append(batch);
          for (const [i, append] of batch.entries()) witness.appended(append, results[i] ?? 'fenced');
          return results;
        }),
    },
    sessions: {
      open: (sid, generation, ttlMs) => line.call(`session ${sid}`, () => sessions.open(sid, generation, ttlMs)),
    },
  };
}
