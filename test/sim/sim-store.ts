/** The ports of a node, each call over its connection to the store. */
import type { NodeKey } from '../../src/cluster/ports.ts';
import type { StorePorts } from '../../src/node/store-ports.ts';
import type { SimMailbox } from './sim-mailbox.ts';
import type { StoreDeployment } from './store/deployment.ts';
import type { StoreLine } from './store/store-line.ts';
import type { StoreServer } from './store/store-server.ts';

/** `onOwned`: the node has heard that it owns the room in that epoch. */
export function simPorts(
  mailbox: SimMailbox,
  line: StoreLine,
  deployment: StoreDeployment,
  onOwned: (room: string, epoch: number) => void,
): StorePorts {
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
      async claim(request) {
        const { room, dead, copy } = request;
        const claim = await line.call(`claim ${room} dead ${dead} copy ${copy}`, (server) => server.claim(request));
        if (claim.kind === 'owned') onOwned(room, claim.epoch);
        return claim;
      },
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
