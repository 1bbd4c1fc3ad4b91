/**
 * The ports of a node that was started while its Redis could not be reached: memory until it can, then Redis for good.
 * The node is alone until the switch; its rooms are then brought into the cluster (`Registry.rejoin`).
 */
import type { Mailbox } from '../cluster/ports.ts';
import type { StorePorts } from './store-ports.ts';

export interface SwitchingPorts {
  readonly ports: StorePorts;
  switchTo(next: StorePorts): Promise<void>;
}

export function switchingPorts(first: StorePorts): SwitchingPorts {
  let current = first;
  let opened: Parameters<Mailbox['open']> | null = null;
  const ports: StorePorts = {
    nodes: {
      renew: (...args) => current.nodes.renew(...args),
      isAlive: (...args) => current.nodes.isAlive(...args),
      isConnected: (...args) => current.nodes.isConnected(...args),
      remove: (...args) => current.nodes.remove(...args),
    },
    directory: {
      get isShared() {
        return current !== first;
      },
      claim: (...args) => current.directory.claim(...args),
      transfer: (...args) => current.directory.transfer(...args),
      release: (...args) => current.directory.release(...args),
    },
    mailbox: {
      async open(...args) {
        opened = args;
        await current.mailbox.open(...args);
      },
      publish: (...args) => current.mailbox.publish(...args),
      reconnect: () => current.mailbox.reconnect(),
      close: () => current.mailbox.close(),
    },
    snapshots: { commit: (...args) => current.snapshots.commit(...args) },
    log: { append: (...args) => current.log.append(...args) },
    sessions: { open: (...args) => current.sessions.open(...args) },
  };
  return {
    ports,
    async switchTo(next) {
      const before = current;
      // First, so that what follows the switch follows it at once.
      if (opened) await next.mailbox.open(...opened);
      current = next;
      await before.mailbox.close();
    },
  };
}
