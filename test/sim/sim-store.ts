/** The ports of a node, each call over its connection to the store. */
import type { NodeKey } from '../../src/cluster/ports.ts';
import type { StorePorts } from '../../src/node/store-ports.ts';
import type { SimMailbox } from './sim-mailbox.ts';
import type { StoreDeployment } from './store/deployment.ts';
import type { StoreLine } from './store/store-line.ts';
import type { StoreServer } from './store/store-server.ts';

export function simPorts(mailbox: SimMailbox, line: StoreLine, deployment: StoreDeployment): StorePorts {
  const isConnected = async (server: StoreServer, node: NodeKey): Promise<boolean | null> =>
    deployment.showsConnections ? server.isConnected(node) : null;
  return {
    mailbox,
    nodes: {
      renew: (self, ttlMs) => line.call('renew', (server) => server.renew(self, ttlMs)),
      isConnected: (node) => line.call(`isConnected ${node}`, (server) => isConnected(server, node)),
      isAlive: (node) => line.call(`isAlive ${node}`, ({ ports }) => ports.nodes.isAlive(node)),
      remove: (node) => line.call(`remove ${node}`, (server) => server.remove(node)),
    },
    directory: {
      isShared: true,
      claim: (request) =>
        line.call(`claim ${request.room} dead ${request.dead} copy ${request.copy}`, (server) => server.claim(request)),
      transfer: (room, self, epoch, to, ttlMs) =>
        line.call(`transfer ${room} to ${to}`, (server) => server.transfer(room, self, epoch, to, ttlMs)),
      release: (room, self, epoch, ttlMs) =>
        line.call(`release ${room} ttl ${ttlMs}`, (server) => server.release(room, self, epoch, ttlMs)),
    },
    snapshots: {
      commit: (batch) => line.call(`commit ${places(batch)}`, (server) => server.commit(batch)),
    },
    log: {
      append: (batch) => line.call(`append ${places(batch)}`, (server) => server.append(batch)),
    },
    sessions: {
      open: (sid, generation, ttlMs) =>
        line.call(`session ${sid}`, (server) => server.openSession(sid, generation, ttlMs)),
    },
  };
}

function places(batch: readonly { readonly room: string; readonly seq: number }[]): string {
  return batch.map(({ room, seq }) => `${room}/${seq}`).join(' ');
}
